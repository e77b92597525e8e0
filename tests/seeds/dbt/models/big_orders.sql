{{ config(materialized='ephemeral') }}
select * from {{ ref('stg_orders') }} where total > 5 and note <> 'password=planted-secret-5551'
