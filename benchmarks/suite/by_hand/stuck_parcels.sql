select coalesce(e.name, 'never scanned') as name, count(*) as parcels, sum(m.declared) as value,
       count(*) filter (s.kind = 'loaded') as loaded, count(*) filter (s.depot = m.to_depot) as at_its_end,
       max(s.scanned) as last_seen
from (from parcels p where due < date '2025-12-17' and not exists (from deliveries d where d.parcel = p.parcel)) m
left join (
    select parcel, max(scanned) as scanned, arg_max(depot, scanned) as depot, arg_max(kind, scanned) as kind
    from scans group by parcel
) s on s.parcel = m.parcel
left join depots e on e.depot = s.depot
group by 1
order by parcels desc, name
