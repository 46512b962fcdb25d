"""How steps are carried out: again where a failure passes, within time, within rates, so many at once."""
