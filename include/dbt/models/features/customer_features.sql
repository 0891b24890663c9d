-- `spend` keeps cents exactly; means are rounded to cents, so every column has a known resolution.
with observed as (
    {% if var('observed_on', none) %}
    select cast('{{ var("observed_on") }}' as date) as observed_on
    {% else %}
    select max(ordered_on) as observed_on from {{ ref('customer_orders') }}
    {% endif %}
)

select
    customer_id,
    date_diff('day', max(ordered_on), max(observed_on)) as recency_days,
    count(*) as orders,
    sum(amount) as spend,
    round(sum(amount) / count(*), 2) as average_order_value,
    round(sum(cds) / count(*), 2) as cds_per_order,
    -- null for a customer with one order: there is nothing between
    round(date_diff('day', min(ordered_on), max(ordered_on)) / nullif(count(*) - 1, 0), 1)
        as days_between_orders
from {{ ref('customer_orders') }} cross join observed
group by customer_id
