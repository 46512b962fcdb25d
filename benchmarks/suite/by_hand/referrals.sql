with sent as (
    select c.customer, c.name, c.since, c.referred_by, count(p.parcel) as parcels, sum(p.declared) as declared
    from customers c left join parcels p on p.customer = c.customer
    group by all
)
select a.customer as referred_by, a.name as advisor, count(*) as customers,
       count(*) filter (b.parcels = 0) as silent,
       sum(b.parcels)::bigint as parcels, sum(b.declared) as declared, count(*) filter (b.since < a.since) as before_advisor,
       a.parcels as advisor_parcels
from sent a join sent b on b.referred_by = a.customer
group by a.customer, a.name, a.parcels
order by sum(b.parcels) desc, referred_by
limit 25
