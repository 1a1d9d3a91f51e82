#!/bin/sh
# Puts what was built where it belongs: install.sh DIRECTORY-OF-THE-PROGRAMS DESTDIR PREFIX
#
# With DESTDIR it only copies, for a package. Without it the user, the group and the directory of the socket are made too.
set -eu

programs=$(cd "$1" && pwd)
destination=$2
prefix=$3
cd "$(dirname "$0")/.."

put() { # put MODE FILE DIRECTORY [NAME]
    install -D -m "$1" "$2" "$destination$3/${4:-$(basename "$2")}"
}
put_unit() { # put_unit FILE DIRECTORY [NAME]: the units name the programs where they are
    target=$destination$2/${3:-$(basename "$1")}
    install -D -m 644 "$1" "$target"
    sed -i -e "s|/usr/bin/task|$prefix/bin/task|" -e "s|/usr/share/doc/|$prefix/share/doc/|" "$target"
}

put 755 "$programs/taskd" "$prefix/bin"
put 755 "$programs/taskctl" "$prefix/bin"
put 755 "$programs/taskd-shim" "$prefix/libexec"

for unit in systemd/*.service systemd/*.socket systemd/*.timer; do put_unit "$unit" "$prefix/lib/systemd/system"; done
for unit in systemd/user/*; do put_unit "$unit" "$prefix/lib/systemd/user"; done
put 644 systemd/taskd.sysusers "$prefix/lib/sysusers.d" taskd.conf
put 644 systemd/taskd.tmpfiles "$prefix/lib/tmpfiles.d" taskd.conf
# What stands there already is the administrator's.
[ -e "$destination/etc/taskd/taskd.yaml" ] || put 644 systemd/taskd.yaml /etc/taskd
install -d -m 755 "$destination/etc/taskd/jobs"

# bash takes every word it offers for a file, and adds a slash to "logs" where there is a directory of that name.
files_alone='s/^complete -o filenames /complete /; s/__task[a-z]*_add_completions -[df]/compopt -o filenames; &/'
for program in taskd taskctl; do
    for shell in bash zsh fish; do
        case $shell in
        bash) place=bash-completion/completions/$program ;;
        zsh) place=zsh/vendor-completions/_$program ;;
        fish) place=fish/vendor_completions.d/$program.fish ;;
        esac
        install -d "$destination$prefix/share/$(dirname "$place")"
        # What is only ever sourced names no interpreter.
        "$programs/$program" --generate-completion-script "$shell" | sed -e '1{/^#!/d}' -e "$files_alone" \
            >"$destination$prefix/share/$place"
        chmod 644 "$destination$prefix/share/$place"
    done
done

for page in docs/man/*; do
    put 644 "$page" "$prefix/share/man/man${page##*.}"
    sed -i "s|/usr/share/doc/|$prefix/share/doc/|" "$destination$prefix/share/man/man${page##*.}/${page##*/}"
done
for text in README.md CHANGELOG.md docs/*.md docs/*.svg docs/openapi.yaml; do put 644 "$text" "$prefix/share/doc/taskd"; done
put 644 LICENSE "$prefix/share/doc/taskd"
examples=$prefix/share/doc/taskd/examples
for job in Examples/library/jobs/*; do put 644 "$job" "$examples/jobs"; done
for file in Examples/library/inventory-template.yaml Examples/library/library.awk; do put 644 "$file" "$examples"; done
put 755 Examples/library/make-library.sh "$examples"
# Links between the pages, whose directories are other ones here.
sed -i -e 's#](\.\./Examples/library/#](examples/#g' -e 's#](\.\./README\.md)#](README.md)#g' -e 's#](docs/#](#g' \
    "$destination$prefix"/share/doc/taskd/*.md

[ -z "$destination" ] || exit 0
systemd-sysusers "$prefix/lib/sysusers.d/taskd.conf"
systemd-tmpfiles --create "$prefix/lib/tmpfiles.d/taskd.conf"
if [ -d /run/systemd/system ]; then
    systemctl daemon-reload
    echo "systemctl enable --now taskd.service   # starts it, now and at every boot"
fi
