#!/bin/bash
# What is tried in the booted systemd; see run.sh: guest.sh quick|long
set -u
cd /
exec 3>&1

if [ "$1" = long ]; then
    restarts=20 kills=20 hangs=5
else
    restarts=3 kills=3 hangs=1
fi
socket=/run/taskd/taskd.sock
home=/var/cache/taskd
unset TASKD_SOCKET

verdict() { # verdict STATUS NAME FACTS
    if [ "$1" -eq 0 ]; then echo "ok $2: ${*:3}" >&3; else echo "FAILED $2: ${*:3}" >&3; fi
}
property() { systemctl show --property "$1" --value "${2:-taskd.service}"; }
processes() { pgrep --count --uid taskd; }
# until SECONDS COMMAND...: whether the command came to be true in that time.
until_true() {
    local end=$(($(date +%s%N) + $1 * 1000000000))
    shift
    until "$@"; do
        [ "$(date +%s%N)" -lt "$end" ] || return 1
        sleep 0.05
    done
}
is() { [ "$(property "$1" "${3:-taskd.service}")" = "$2" ]; }
# Returns when the command of the latest task called so has printed a line: then there is a command, and not only a task.
wait_for_line() { until_true 10 test -s "/var/lib/taskd/tasks/$(tasks "$1" | sort -n | tail -n 1)/stdout"; }
no_process() { [ "$(processes)" = 0 ]; }
is_gone() { [ ! -e /sys/fs/cgroup/system.slice/taskd.service ]; }
tasks() { # tasks NAME: the numbers of its tasks
    taskctl list --name "$1" --limit 1000 --json | grep -o '"id": *[0-9]*' | grep -o '[0-9]*'
}

# Five commands that print numbered lines until they are told to stop, and then exit with 0 to 4.
start_witnesses() {
    local code
    for code in 0 1 2 3 4; do
        taskctl submit --name witness -- perl -e 'until (-e "$ENV{HOME}/stop") { syswrite(STDOUT, "line " . ++$i . "\n");
            select(undef, undef, undef, 0.05) } syswrite(STDOUT, "end $i\n"); exit $ARGV[0]' "$code" >/dev/null || return 1
    done
    until_true 10 is StatusText "5 running, 0 queued"
}
are_witnesses_running() { [ "$(taskctl list --name witness --state running --json | grep -o '"id"' | wc -l)" = 5 ]; }
# Prints what is wrong with a witness's lines, or nothing.
read_lines() {
    awk '$1 == "line" && $2 == last + 1 { last = $2; next } $1 == "end" && $2 == last { ended = 1; next } { print "line", NR, $0 }
        END { if (!ended) print "no end" }'
}
# client SECONDS NAME: in the background, with its report in /share/NAME.
start_client() {
    /share/client "${3:-$socket}" 200 "$1" "$2" >"/share/$2" &
    client=$!
    until_true 5 test -s "/share/$2"
}
report() { tail -n 1 "/share/$1"; }
figure() { report "$1" | sed -n "s/.*\b$2=\([0-9.]*\).*/\1/p"; }
is_unharmed() { [ "$(figure "$1" refused)" = 0 ] && [ "$(figure "$1" dropped)" = 0 ] && [ "$(figure "$1" odd)" = 0 ]; }
is_another() { is SubState running && [ "$(property MainPID)" != "$1" ]; }
wait_for_ready() { until_true 20 is_another "$1"; }

installing() {
    dpkg -i /share/taskd_*-1_*.deb >/share/dpkg.log 2>&1
    verdict $? install "the package configures"
    is ActiveState active && is ActiveState active taskd.socket && is UnitFileState enabled && is UnitFileState enabled taskd.socket
    verdict $? enabled "service and socket run and are enabled"
    { systemd-analyze verify /lib/systemd/system/taskd*.* && systemd-analyze --user verify /usr/lib/systemd/user/taskd*.*; } \
        2>&1 | grep taskd | tee /share/units >&2
    [ ! -s /share/units ]
    verdict $? units "nothing is wrong with them to systemd-analyze"
    is StatusText "0 running, 0 queued" && taskctl ping >/dev/null
    verdict $? ready "READY came, STATUS is '$(property StatusText)'"
    [ "$(stat -c '%U:%G %a' $socket /run/taskd /var/lib/taskd | tr '\n' ' ')" = "root:taskd-users 660 root:root 755 taskd:taskd 700 " ]
    verdict $? modes "$(stat -c '%n %U:%G %a' $socket /run/taskd /var/lib/taskd | tr '\n' ' ')"
    useradd --create-home ada && useradd --create-home --groups taskd-users bob
    setpriv --reuid ada --regid ada --init-groups taskctl ping 2>/dev/null
    [ $? -eq 77 ] && setpriv --reuid bob --regid bob --init-groups taskctl ping >/dev/null
    verdict $? permissions "who is not in taskd-users is refused with 77, who is gets an answer"
    local id
    id=$(setpriv --reuid bob --regid bob --init-groups taskctl submit -- true) &&
        taskctl status "$id" --json | tr -d ' \n' | grep -q "\"uid\":$(id -u bob)[,}]"
    verdict $? submitter "is known by the kernel's word"
}

walls() {
    local result
    taskctl submit --name walls --wait -- sh -c "env | grep -E 'NOTIFY|LISTEN|WATCHDOG|CREDENTIALS'; ls /proc/self/fd | wc -l" \
        >/share/walls 2>&1
    taskctl logs "$(tasks walls)" >/share/walls
    # Its three descriptors, the one for progress, and the one that ls lists with.
    [ "$(cat /share/walls)" = 5 ]
    verdict $? environment "a command sees nothing of NOTIFY_SOCKET, LISTEN_FDS, WATCHDOG_USEC, and no descriptor of the daemon's"
    taskctl submit --wait -- sh -c "echo a >$home/f && echo b >/tmp/f && cat $home/f /tmp/f && test \$HOME = $home" >/dev/null
    verdict $? room "a command may write to its home and to /tmp"
    ! taskctl submit --wait -- sh -c 'cat /var/lib/taskd/history.sqlite' >/dev/null 2>&1 &&
        ! taskctl submit --wait -- sh -c 'echo >/usr/f || echo >/etc/f || ls /home/bob || unshare -U true' >/dev/null 2>&1
    verdict $? walls "a command cannot read the history, write to the system, see homes or make namespaces"
    taskctl submit --wait -- taskctl submit -- true >/dev/null
    verdict $? nested "a command may submit another"
    grep -q 'state_hidden yes' /var/lib/taskd/tasks/*/identity && grep -q 'cgroup /sys/fs/cgroup/.*/taskd.service/job-' /var/lib/taskd/tasks/*/identity
    verdict $? shims "hide the state and have a cgroup for each command"
}

activation() {
    systemctl stop taskd.service 2>/dev/null
    [ -S $socket ] && is ActiveState inactive && [ "$(taskctl ping --json | grep -o '"status": *"[a-z]*"')" = '"status": "ok"' ]
    verdict $? activation "a client that connects while there is no daemon is answered by the one that it starts"
    until_true 5 is StatusText "0 running, 0 queued"
    verdict $? activated "$(property ActiveState), StatusText '$(property StatusText)'"
}

reload() {
    local before
    before=$(property MainPID)
    echo '{"sleep": 0}' >/etc/taskd/jobs/nothing.json
    systemctl reload taskd.service && until_true 5 is SubState running && taskctl submit nothing --wait >/dev/null && is MainPID "$before"
    verdict $? reload "job files are read again by the same daemon"
}

restarting() {
    local i pid
    systemctl reset-failed taskd.service
    start_client $((restarts + 2)) restart
    for ((i = 0; i < restarts; i++)); do
        pid=$(property MainPID)
        kill -USR1 $client
        systemctl restart taskd.service || break
        wait_for_ready "$pid" || break
        [ $((i % 10)) != 9 ] || systemctl reset-failed taskd.service
        sleep 0.5
    done
    wait $client
    [ "$i" = "$restarts" ] && is_unharmed restart && [ "$(figure restart busy)" = 0 ] && are_witnesses_running
    verdict $? restart "$restarts restarts: $(report restart)"
}

killing() {
    local i pid
    systemctl reset-failed taskd.service
    start_client $((kills + 2)) kill
    for ((i = 0; i < kills; i++)); do
        pid=$(property MainPID)
        kill -USR1 $client
        kill -KILL "$pid"
        wait_for_ready "$pid" || break
        [ $((i % 10)) != 9 ] || systemctl reset-failed taskd.service
        sleep 0.5
    done
    wait $client
    [ "$i" = "$kills" ] && is_unharmed kill && are_witnesses_running
    verdict $? kill "$kills times kill -9: $(report kill)"
}

# Each key names one task, and whatever was acknowledged is there: a quarter of all requests, and not one more.
submissions() {
    local name count=0 wanted=0 lines
    for name in restart kill; do
        wanted=$((wanted + ($(figure $name asked) + 1) / 4))
        lines=$(sqlite3 -readonly /var/lib/taskd/history.sqlite "SELECT count(*) FROM tasks WHERE name = '$name'")
        count=$((count + lines))
    done
    [ "$count" = "$wanted" ]
    verdict $? submissions "$wanted tasks submitted meanwhile, $count there"
}

hanging() {
    local i pid
    mkdir -p /etc/systemd/system/taskd.service.d
    printf '[Service]\nWatchdogSec=2s\n' >/etc/systemd/system/taskd.service.d/test.conf
    systemctl daemon-reload
    systemctl restart taskd.service
    sleep 3
    is NRestarts 0
    verdict $? watchdog "leaves a daemon alone that does not hang"
    start_client $((hangs * 4 + 1)) hang
    for ((i = 0; i < hangs; i++)); do
        pid=$(property MainPID)
        kill -USR1 $client
        kill -STOP "$pid"
        wait_for_ready "$pid" || break
        sleep 0.5
    done
    wait $client
    [ "$i" = "$hangs" ] && is_unharmed hang && are_witnesses_running && [ "${i:-0}" = "$(figure hang healed)" ] &&
        awk "BEGIN { exit !($(figure hang heal_max_ms) < 4000) }"
    verdict $? hang "$hangs times SIGSTOP with WatchdogSec=2s: $(report hang)"
    rm -r /etc/systemd/system/taskd.service.d
    systemctl daemon-reload
    systemctl restart taskd.service
}

upgrading() {
    local pid
    systemctl reset-failed taskd.service
    pid=$(property MainPID)
    start_client 10 upgrade
    kill -USR1 $client
    dpkg -i /share/taskd_*-2_*.deb >>/share/dpkg.log 2>&1 && wait_for_ready "$pid"
    local status=$?
    wait $client
    [ $status = 0 ] && is_unharmed upgrade && are_witnesses_running && [ "$(dpkg-query -W -f '${Version}' taskd | cut -d - -f 2)" = 2 ]
    verdict $? upgrade "with commands running: $(report upgrade)"
}

witnesses() {
    local id code wrong=0 lines=0 result
    touch $home/stop
    for id in $(tasks witness | sort -n); do
        taskctl wait "$id" --timeout 10s >/dev/null
        result=$(taskctl logs "$id" | read_lines)
        [ -z "$result" ] || { wrong=$((wrong + 1)); echo "witness $id: $result" >&2; }
        lines=$((lines + $(taskctl logs "$id" | wc -l)))
        code=$(sqlite3 -readonly /var/lib/taskd/history.sqlite "SELECT json_extract(detail, '$.exit_code') FROM tasks WHERE id = $id")
        echo "$code"
    done >/share/codes
    [ "$(tr '\n' ' ' </share/codes)" = "0 1 2 3 4 " ] && [ $wrong = 0 ]
    verdict $? witnesses "commands through all of this: exit codes $(tr '\n' ' ' </share/codes), $lines lines whole"
    rm $home/stop
}

# The control: where the daemon makes its socket itself, the same client has to find what is refused.
control() {
    local daemon i
    mkdir /tmp/control
    taskd --state-dir /tmp/control 2>/dev/null &
    daemon=$!
    until_true 5 taskctl ping --socket /tmp/control/taskd.sock >/dev/null 2>&1
    start_client 4 control /tmp/control/taskd.sock
    for i in 1 2 3; do
        kill -KILL $daemon
        wait $daemon 2>/dev/null
        taskd --state-dir /tmp/control 2>/dev/null &
        daemon=$!
        sleep 0.5
    done
    wait $client
    [ "$(figure control refused)" -gt 0 ]
    verdict $? control "a daemon that listens by itself, killed three times: $(report control)"
    kill -KILL $daemon
    wait $daemon 2>/dev/null
}

stopping() {
    local begin
    taskctl submit --name stopped -- sh -c 'echo up; setsid sleep 3600 & sleep 3600' >/dev/null
    wait_for_line stopped
    systemctl stop taskd.service 2>/dev/null
    is ActiveState inactive && is Result success && [ "$(processes)" = 0 ]
    verdict $? stop "ends commands, leaves $(processes) processes"
    systemctl start taskd.service
    [ "$(taskctl exception "$(tasks stopped)" | grep -o Interrupted)" = Interrupted ]
    verdict $? stopped "the command is Interrupted to the next daemon"

    mkdir -p /etc/systemd/system/taskd.service.d
    printf '[Service]\nEnvironment=TASKD_STOP_LIMIT=1s\n' >/etc/systemd/system/taskd.service.d/test.conf
    systemctl daemon-reload
    systemctl restart taskd.service
    echo '{"shell": "trap \"\" TERM; echo up; setsid sleep 3600 & while :; do sleep 1; done", "grace": "1h", "name": "stubborn"}' |
        taskctl submit -f - >/dev/null
    wait_for_line stubborn
    begin=$(date +%s%N)
    systemctl stop taskd.service 2>/dev/null
    is Result success && [ "$(processes)" = 0 ]
    verdict $? stubborn "a command that wants an hour is killed after stop_limit: $((($(date +%s%N) - begin) / 1000000)) ms, $(processes) processes left"

    systemctl start taskd.service
    taskctl submit --name evil -- sh -c 'kill -STOP $PPID; trap "" TERM; echo up; while :; do sleep 1; done' >/dev/null
    wait_for_line evil
    begin=$(date +%s%N)
    systemctl stop taskd.service 2>/dev/null
    # PID 1 reaps what has lost its parent.
    until_true 2 no_process && until_true 5 is_gone
    verdict $? evil "a command that stops its own shim goes with the cgroup: $((($(date +%s%N) - begin) / 1000000)) ms, $(processes) processes left"
    rm -r /etc/systemd/system/taskd.service.d
    systemctl daemon-reload
    systemctl reset-failed taskd.service
    systemctl start taskd.service
}

journal() {
    journalctl -u taskd.service -o json --output-fields=PRIORITY,MESSAGE >/share/journal
    grep -q '"PRIORITY":"5"' /share/journal && journalctl -u taskd.service -o cat | grep -q "^ready .*socket=$socket" &&
        journalctl -u taskd.service -o cat | grep -q '^stopping commands="\?run on' && journalctl -u taskd.service -o cat | grep -q '^stopped'
    verdict $? journal "has a line with its severity for each of the daemon's events: $(journalctl -u taskd.service -o cat | grep -c '^ready') starts"
}

# A daemon of a user's own, started by that user's first client.
user_service() {
    local id=bob uid
    uid=$(id -u bob)
    loginctl enable-linger bob 2>/dev/null || systemctl start "user@$uid.service"
    until_true 20 test -S "/run/user/$uid/systemd/private"
    as_bob() { setpriv --reuid bob --regid bob --init-groups env -i HOME=/home/bob USER=bob PATH=/usr/bin:/bin \
        XDG_RUNTIME_DIR="/run/user/$uid" sh -c "$1"; }
    as_bob 'systemctl --user start taskd.socket && taskctl ping' >/dev/null
    verdict $? user "the user's socket starts the user's daemon"
    id=$(as_bob 'cd && taskctl submit -- sh -c "pwd; sleep 3600"') &&
        until_true 5 as_bob "taskctl logs $id | grep -qx /home/bob"
    verdict $? home "a command of it works in the user's home"
    as_bob 'systemctl --user restart taskd.service' && [ "$(pgrep -c -u bob -x sleep)" = 1 ] &&
        as_bob 'systemctl --user stop taskd.service' 2>/dev/null && ! pgrep -u bob -x sleep >/dev/null
    verdict $? userstop "it runs on through a restart, and ends with a stop"
}

removing() {
    taskctl submit --name removed -- sh -c 'echo up; sleep 3600' >/dev/null
    wait_for_line removed
    dpkg -r taskd >>/share/dpkg.log 2>&1 && [ "$(processes)" = 0 ] && [ ! -e $socket ] && [ -e /var/lib/taskd/history.sqlite ] &&
        [ -e /etc/taskd/taskd.yaml ] && [ ! -e /usr/bin/taskd ]
    verdict $? remove "leaves no process and no socket; history and settings stay"
    dpkg -i /share/taskd_*-2_*.deb >>/share/dpkg.log 2>&1 && taskctl list --name witness | grep -q witness
    verdict $? again "installed again it has its history"
    dpkg -P taskd >>/share/dpkg.log 2>&1 && [ "$(processes)" = 0 ] &&
        ! ls -d /etc/taskd /var/lib/taskd /var/cache/taskd /etc/systemd/system/*/taskd* 2>/dev/null
    verdict $? purge "leaves nothing"
}

installing
walls
activation
reload
start_witnesses
verdict $? status "'$(property StatusText)'"
restarting
killing
submissions
hanging
upgrading
witnesses
control
stopping
journal
user_service
removing
echo end >&3
