# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
#
# Debian's kernel of a release: fetched by an apt whose configuration, lists and state
# are its own, so that the machine's stay as they are, checked against Debian's keys,
# and unpacked beside them; nothing is installed.

package_keys=/usr/share/keyrings/debian-archive-keyring.gpg

# package_configure FOLDER SUITE MIRROR
package_configure() {
  local folder=$1
  mkdir -p "$folder"/{lists,cache}
  : >"$folder/status"
  printf 'deb [arch=amd64 signed-by=%s] %s %s main\n' "$package_keys" "$3" "$2" >"$folder/sources.list"
  cat >"$folder/apt.conf" <<END
Dir::Etc::sourcelist "$folder/sources.list";
Dir::Etc::sourceparts "/dev/null";
Dir::Etc::preferencesparts "/dev/null";
Dir::State "$folder";
Dir::State::status "$folder/status";
Dir::Cache "$folder/cache";
APT::Sandbox::User "root";
END
}

# package_name: the package with the kernel itself, on which linux-image-amd64 depends.
package_name() {
  apt-cache depends --important linux-image-amd64 | awk '$1 == "Depends:" { print $2; exit }'
}

# package_fetch FOLDER SUITE MIRROR: FOLDER/vmlinuz and FOLDER/modules/lib/modules/RELEASE are the
# newest that the suite has. Run in a subshell.
package_fetch() {
  local folder=$1 suite=$2 name
  package_configure "$folder/apt" "$suite" "$3"
  export APT_CONFIG=$folder/apt/apt.conf
  apt-get -q update || return
  name=$(package_name)
  [[ -n $name ]] || { say "$suite has no linux-image-amd64"; return 1; }
  (cd "$folder" && apt-get -q download "$name") || return
  package_unpack "$folder" "$folder/$name"_*.deb
  rm -rf "$folder/$name"_*.deb "$folder/apt"
}

package_unpack() {
  local folder=$1 package=$2 modules
  rm -rf "$folder/package" "$folder/modules"
  dpkg-deb -x "$package" "$folder/package"
  # In /lib or, since Debian 13, in /usr/lib.
  modules=$(find "$folder/package" -path '*/lib/modules/*' -prune)
  mkdir -p "$folder/modules/lib"
  mv "$(dirname "$modules")" "$folder/modules/lib/"
  mv "$folder"/package/boot/vmlinuz-* "$folder/vmlinuz"
  rm -rf "$folder/package"
  depmod -b "$folder/modules" "$(basename "$modules")"
}
