-- `spend` keeps cents exactly; means are rounded to cents, so every column has a known resolution.
with observed as (
    {% if var('observed_on', none) %}
    select cast('{{ var("observed_on") }}' as date) as observed_on
    {% else %}
    select max(ordered_on) as observed_on from {{ ref('customer_orders') }}
    {% endif %}
),

customers as (
    select
        customer_id,
        min(ordered_on) as first_ordered_on,
        max(ordered_on) as last_ordered_on,
        max(observed_on) as observed_on,
        count(*) as orders,
        sum(amount) as spend,
        cast(sum(amount) as double precision) as dollars,
        cast(sum(cds) as double precision) as cds
    from {{ ref('customer_orders') }} cross join observed
    group by customer_id
)

select
    customer_id,
    {{ dbt.datediff('last_ordered_on', 'observed_on', 'day') }} as recency_days,
    orders,
    spend,
    {{ rounded('dollars / orders', 2) }} as average_order_value,
    {{ rounded('cds / orders', 2) }} as cds_per_order,
    -- null for a customer with one order: there is nothing between
    {{ rounded(
        'cast(' ~ dbt.datediff('first_ordered_on', 'last_ordered_on', 'day')
        ~ ' as double precision) / nullif(orders - 1, 0)', 1
    ) }} as days_between_orders
from customers
