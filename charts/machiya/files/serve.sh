#!/bin/sh
# Runs the viewer on the set of tables that is current, and anew when another has become current. Ends as the viewer ends.
set -u
folder=${FOLDER:-/srv/machiya}
stopping=
trap 'stopping=yes' TERM INT

# Waits for the viewer, and returns as it ended. A signal interrupts `wait`: then the viewer is still there.
end() {
    while :; do
        wait "$viewer"
        status=$?
        kill -0 "$viewer" 2>/dev/null || return "$status"
    done
}

while [ -z "$stopping" ]; do
    serving=$(cat "$folder/current") || exit 75
    MACHIYA_DATA="$folder/$serving" component run serve "$@" &
    viewer=$!
    while [ -z "$stopping" ] && kill -0 "$viewer" 2>/dev/null; do
        [ "$(cat "$folder/current")" = "$serving" ] || break
        sleep "${CHECK_SECONDS:-2}" &
        wait $!
    done
    # Told here and not by the trap, which may run before the viewer's number is known.
    kill -TERM "$viewer" 2>/dev/null
    end
    status=$?
    [ -n "$stopping" ] && exit "$status"
    # It ended by itself: let the kubelet see how.
    [ "$(cat "$folder/current")" = "$serving" ] && exit "$status"
done
exit 143
