#!/bin/sh
# Install Debian packages for the commands that are missing: COMMAND:PACKAGE …
set -eu
missing=""
for pair in "$@"; do
  command -v "${pair%%:*}" >/dev/null 2>&1 || missing="$missing ${pair##*:}"
done
[ -n "$missing" ] || exit 0
advice="Install them yourself, for example: apt-get install$missing"
command -v apt-get >/dev/null 2>&1 || { echo "Missing system packages:$missing. No apt-get here. $advice" >&2; exit 1; }
as_root=""
if [ "$(id -u)" -ne 0 ]; then
  sudo -n true 2>/dev/null || { echo "Missing system packages:$missing. Installing them needs root. $advice" >&2; exit 1; }
  as_root="sudo -n"
fi
echo "Installing system packages:$missing …"
log=$(mktemp)
if ! { $as_root apt-get update && DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y --no-install-recommends $missing; } >"$log" 2>&1; then
  tail -n 15 "$log" >&2
  echo "apt-get could not install:$missing. $advice" >&2
  exit 1
fi
rm -f "$log"
