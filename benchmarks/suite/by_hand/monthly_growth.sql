with months as (
    select date_trunc('month', posted)::date as month, count(*) as parcels, sum(weight) as kilograms,
           count(distinct customer) as customers
    from parcels
    group by 1
)
select m.*, m.parcels / b.parcels - 1 as growth, m.parcels / y.parcels - 1 as on_year,
       m.kilograms - b.kilograms as more_kilograms, a.month - m.month as days
from months m
left join months b on b.month = m.month - interval 1 month
left join months a on a.month = m.month + interval 1 month
left join months y on y.month = m.month - interval 12 month
order by m.month
