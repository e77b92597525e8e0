{{ config(materialized='table', tags=['finance'], meta={'owner': 'reporting', 'env': 'prod'}) }}
select c.name, sum(o.total) as total, count(*) as orders
from {{ ref('stg_orders') }} o join {{ ref('countries') }} c on c.code = o.country
group by c.name
