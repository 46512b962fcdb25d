select *
from (
    select depot, family, count(*) as doors, count(distinct letter) as letters,
           count(*) filter (hour(delivered) between 18 and 23) as evenings, max(length(signed_by)) as longest,
           rank() over (partition by depot order by count(*) desc, family) as place,
           round(100 * count(*) / sum(count(*)) over (partition by depot), 3) as share,
           any_value(name) as name
    from (
        select c.depot, d.delivered, d.signed_by, d.signed_by[1] as letter, e.name,
               upper(string_split(d.signed_by, '. ')[2]) as family
        from deliveries d join couriers c using (courier) join depots e using (depot)
        where c.depot in (1, 2, 3, 5, 8, 13, 21, 34, 55)
    )
    group by depot, family
)
where family is distinct from 'LO' and doors > 2
order by depot, place
