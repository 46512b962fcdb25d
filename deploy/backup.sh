#!/bin/sh
# backup.sh HOME TARGET: a copy of a service's home with its journal on SQLite, while the service runs.
set -eu
umask 077  # it holds secrets
home=$1 target=$2
mkdir -p "$target"
chmod -f 600 "$target/journal.db" "$target/home.tar" || :  # of an earlier copy
python3 - "$home/journal.db" "$target/journal.db" <<'PYTHON'
import pathlib, sqlite3, sys

source = sqlite3.connect(pathlib.Path(sys.argv[1]).resolve().as_uri() + "?mode=rw", uri=True)  # makes none
copy = sqlite3.connect(sys.argv[2])
source.backup(copy)
sys.exit(copy.execute("pragma integrity_check").fetchone()[0] != "ok")
PYTHON
# 1 of GNU's says that a run has changed its files meanwhile: the journal tells what is whole. Of others it is any failure.
tar -C "$home" --exclude './journal.db*' --exclude './dispatch.db*' -cf "$target/home.tar" . \
  || { [ $? -eq 1 ] && tar --version | grep -q 'GNU tar'; }
