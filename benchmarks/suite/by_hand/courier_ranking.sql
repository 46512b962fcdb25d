select e.name as depot_name, place, c.name as courier_name, coalesce(c.team, 'none') as team, delivered,
       delivered / of_depot as share, at_first, signed
from (
    select *, row_number() over most as place, sum(delivered) over (partition by depot) as of_depot
    from (
        select d.courier, c.depot, count(*) as delivered, avg((d.attempts = 1)::int) as at_first,
               count(d.signed_by) as signed
        from deliveries d join couriers c on c.courier = d.courier
        where d.delivered >= timestamp '2024-12-31'
        group by d.courier, c.depot
    )
    window most as (partition by depot order by delivered desc, courier)
) as ranked
join couriers c on c.courier = ranked.courier
join depots e on e.depot = c.depot
where place <= 3
order by depot_name, place
