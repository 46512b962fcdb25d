-- several contracts may hold on the day: the largest discount counts
select date_trunc('quarter', posted)::date as quarter, count(*) as parcels, sum(price) as price,
       sum(price * discount) as discounts
from (
    select p.parcel, any_value(p.posted) as posted, max(c.discount) as discount,
           any_value(t.base + t.per_kg * p.weight::decimal(10, 3)) as price
    from parcels p
    join tariffs t on t.tariff = p.tariff
    join contracts c on c.customer = p.customer
         and p.posted::date between c.valid_from and coalesce(c.valid_to, date '9999-12-31')
    group by p.parcel
)
group by 1
order by quarter
