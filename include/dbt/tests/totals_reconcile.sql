-- What goes in comes out: the customers, orders and dollars of the purchases are those of the features.
with purchases as (
    select count(distinct customer_id) as customers, sum(amount) as spend
    from {{ ref('stg_purchases') }}
),

features as (
    select count(*) as customers, sum(spend) as spend
    from {{ ref('customer_features') }}
),

orders as (
    select sum(orders) as orders from {{ ref('customer_features') }}
),

days as (
    select count(distinct (customer_id, ordered_on)) as orders from {{ ref('stg_purchases') }}
)

select *
from purchases, features, orders, days
where
    purchases.customers <> features.customers
    or purchases.spend <> features.spend
    or orders.orders <> days.orders
