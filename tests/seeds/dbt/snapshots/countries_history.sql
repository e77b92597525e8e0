{% snapshot countries_history %}
{{ config(target_schema='history', unique_key='code', strategy='check', check_cols=['name']) }}
select * from {{ ref('countries') }}
{% endsnapshot %}
