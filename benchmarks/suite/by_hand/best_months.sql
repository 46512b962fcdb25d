select service, month, parcels, revenue
from (
    select *, rank() over (partition by service order by revenue desc, month) as place
    from (
        select service, date_trunc('month', posted)::date as month, count(*) as parcels,
               sum(base) + sum(per_kg * weight::decimal(10, 3)) as revenue
        from parcels natural join tariffs
        group by 1, 2
    )
)
where place <= 2
order by service, revenue desc
