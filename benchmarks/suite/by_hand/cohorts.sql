with ages as (
    select distinct customer, year(since) as cohort,
           if(posted::date < since, -1, (posted::date - since) // 365) as age
    from customers join parcels using (customer)
)
select cohort, count(*) filter (age = -1) as before, count(*) filter (age = 0) as "year 1",
       count(*) filter (age = 1) as "year 2", count(*) filter (age = 2) as "year 3",
       count(*) filter (age = 1) / nullif(count(*) filter (age = 0), 0) as kept
from ages
group by cohort
order by cohort
