#!/bin/sh
# backup.sh HOME TARGET: a copy of a service's home with its journal on SQLite, while the service runs.
set -eu
home=$1 target=$2
mkdir -p "$target"
python3 - "$home/journal.db" "$target/journal.db" <<'PYTHON'
import sqlite3, sys

source, copy = (sqlite3.connect(path) for path in sys.argv[1:])
source.backup(copy)
sys.exit(copy.execute("pragma integrity_check").fetchone()[0] != "ok")
PYTHON
tar -C "$home" --exclude './journal.db*' --exclude './dispatch.db*' -cf "$target/home.tar" .
