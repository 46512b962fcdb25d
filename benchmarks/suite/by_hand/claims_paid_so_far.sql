select service, month, count(*) as claims, sum(paid) as paid,
       sum(sum(paid)) over (partition by service order by month) as so_far,
       sum(paid) - avg(sum(paid)) over (partition by service) as against_average
from (
    select service, paid, date_trunc('month', decided)::date as month
    from claims join parcels using (parcel) join tariffs using (tariff)
    where paid > 0
)
group by service, month
order by service, month
