with sent as (
    select customer, date_trunc('month', posted)::date as month, count(*) as parcels
    from parcels where customer is not null group by all
), invoiced as (
    select customer, dated as month, count(*) as invoices, sum(amount) as amount from invoices group by all
)
select month, count(*) as customers, count(*) filter (parcels > 0 and invoices > 0) as both,
       count(*) filter (invoices is null) as only_sent, count(*) filter (parcels is null) as only_invoiced,
       sum(amount) filter (parcels is null) as amount_without_parcels
from sent full join invoiced using (customer, month)
group by month
order by month
