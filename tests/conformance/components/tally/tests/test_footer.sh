#!/bin/sh
# What parquet.awk reads from a sample file, against what is known to be in it.
set -eu
cd "$(dirname "$0")/.."
file=sample/events/part-00000.parquet
length=$(tail -c 8 "$file" | od -An -v -tu1 | awk '{ print $1 + 256 * ($2 + 256 * ($3 + 256 * $4)); exit }')
said=$(tail -c "$((length + 8))" "$file" | head -c "$length" | od -An -v -tu1 | awk -f parquet.awk)
[ "$said" = "column user_id 6 0
column weight 5 -
rows 60" ] || {
    echo "parquet.awk said: $said" >&2
    exit 1
}
