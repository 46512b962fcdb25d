select rows, smallest, largest, missing, reference
from (
    select count(*) as rows, min(parcel) as smallest, max(parcel) as largest, null::bigint as missing,
           'of_claims' as reference
    from claims where parcel not in (select parcel from parcels)
    union all
    select count(*), min(region), max(region), count(*) - count(region), 'of_customers'
    from customers where region is null or region not in (select region from regions)
    union all
    select count(*), min(depot), max(depot), null, 'of_depots'
    from depots where depot not in (select from_depot from parcels)
    union all
    select count(*), null, null, null, 'of_tariffs'
    from tariffs t left join (select distinct tariff from parcels) p using (tariff) where p.tariff is null
)
order by reference
