select a.name as sent_from, b.name as sent_to, a.name <> b.name as abroad, count(*) as parcels,
       median(hours) as middle, quantile_cont(hours, 0.9) as slowest_tenth, stddev_samp(hours) as spread
from (
    select f.region as from_region, t.region as to_region,
           date_diff('microsecond', p.posted, d.delivered) / 3.6e9 as hours
    from parcels p
    join deliveries d on d.parcel = p.parcel
    join depots f on f.depot = p.from_depot
    join depots t on t.depot = p.to_depot
)
join regions a on a.region = from_region
join regions b on b.region = to_region
group by all
having count(*) >= 20
order by middle desc, sent_from, sent_to
