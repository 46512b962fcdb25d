"""PostgreSQL, and Supabase, which is one."""
