-- one row an order; duckdb has no raw tables here, so the source is a seed in disguise
select code as country, 1 as order_id, 10.0 as total from {{ source('raw', 'countries') }}
