-- The shop's own table of card payments, as PostgreSQL has it: psql "$SHOP_DB" -f payments.sql
create table payments (
    id         bigint primary key,
    reference  text not null unique,
    customer   text not null,
    amount     numeric(12,2) not null check (amount > 0),
    fee        numeric(8,4),
    paid_at    timestamptz not null,
    method     text not null,
    refunded   boolean not null default false
);

insert into payments values
    (1,  'PAY-10001', 'Kiosk Nord',     120.00, 1.4400, '2026-10-01 08:15:00+02', 'card',   false),
    (2,  'PAY-10002', 'Ferreira Lda',    89.90, 1.0788, '2026-10-01 19:40:00+02', 'card',   false),
    (3,  'PAY-10003', 'Aoki & Sons',   1450.00, null,   '2026-10-02 11:05:00+02', 'wire',   false),
    (4,  'PAY-10004', 'Kiosk Nord',      75.50, 0.9060, '2026-10-05 09:00:00+02', 'card',   false),
    (5,  'PAY-10005', 'Łódź Tools',     310.25, 3.7230, '2026-10-09 16:20:00+02', 'card',   false),
    (6,  'PAY-10006', 'Ferreira Lda',    42.00, 0.5040, '2026-10-14 12:00:00+02', 'card',   true),
    (7,  'PAY-10007', 'Månsson AB',     999.99, null,   '2026-10-20 07:30:00+02', 'wire',   false),
    (8,  'PAY-10008', 'Aoki & Sons',     18.75, 0.2250, '2026-10-27 18:45:00+01', 'card',   false),
    -- half an hour before the month ends in UTC
    (9,  'PAY-10009', 'Kiosk Nord',      64.00, 0.7680, '2026-11-01 00:30:00+01', 'card',   false),
    -- the next month: the query leaves it out
    (10, 'PAY-10010', 'Månsson AB',     500.00, null,   '2026-11-02 10:00:00+01', 'wire',   false),
    -- before it
    (11, 'PAY-09998', 'Ferreira Lda',    20.00, 0.2400, '2026-09-30 20:00:00+02', 'card',   false);
