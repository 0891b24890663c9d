-- Several purchases of a customer on one day are one order.
select
    customer_id,
    ordered_on,
    sum(cds) as cds,
    sum(amount) as amount
from {{ ref('stg_purchases') }}
group by customer_id, ordered_on
