# shellcheck shell=bash
# archive.sh - packages out of Debian's archive, unpacked and not installed. Sourced, by bash
#
# The caller's name is what its messages begin with. Sets CACHE and DOWNLOADS.
CACHE=${SMCG_CACHE:-$HOME/.cache/shadow-memcg}
DOWNLOADS=$CACHE/dl

# Where apt looks: its own lists, or ours of another suite (choose_lists).
APT_LISTS=()
KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg

die() {
	printf '%s: %s\n' "$(basename "$0")" "$*" >&2
	exit 3
}

note() {
	printf '%s: %s\n' "$(basename "$0")" "$*" >&2
}

# new_tmp DIR: a directory in DIR that vanishes with this (sub)shell unless it is
# moved away first; sets tmp. Same file system as its destination, so that the
# move is atomic.
new_tmp() {
	tmp=$(mktemp -d "$1/.tmp.XXXXXX")
	# shellcheck disable=SC2064 # tmp's value of now is meant
	trap "rm -rf '$tmp'" EXIT
}

# Candidate that apt knows for a package; nothing if none.
candidate_version() {
	apt-cache "${APT_LISTS[@]}" policy "$1" 2>/dev/null |
		awk '$1 == "Candidate:" && $2 != "(none)" { print $2 }'
}

# The mirror that the machine has its Debian from: every suite is on it.
# shellcheck disable=SC2016 # for apt
mirror() {
	apt-get indextargets --format '$(SITE) $(CODENAME)' 'Created-By: Packages' |
		awk -v suite="$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)" '$2 == suite { print $1; exit }'
}

# fetch_lists SUITE: lists of our own, an hour old at most, with the machine's keys and mirror.
fetch_lists() {
	local dir=$CACHE/apt/$1 site
	mkdir -p "$dir/lists/partial" "$dir/archives/partial"
	APT_LISTS=(-o "Dir::Etc::sourcelist=$dir/sources.list" -o Dir::Etc::sourceparts=-
		-o "Dir::State::lists=$dir/lists" -o "Dir::Cache=$dir" -o APT::Sandbox::User="$(id -un)")
	[[ -z $(find "$dir/fetched" -mmin -60 2>/dev/null) ]] || return 0
	site=$(mirror)
	[[ -n $site ]] || die "apt here does not know where its Debian is from, so no mirror is known for $1"
	printf 'deb [signed-by=%s] %s %s main\n' "$KEYRING" "$site" "$1" >"$dir/sources.list"
	note "fetching the lists of $1"
	apt-get "${APT_LISTS[@]}" -qq update >&2 || die "cannot fetch the lists of $1"
	touch "$dir/fetched"
}

# download PACKAGE VERSION: prints the path of the file, in whose name apt escapes
# the colon of an epoch.
download() {
	local file=$DOWNLOADS/$1_${2//:/%3a}_
	local arch
	for arch in amd64 all; do
		if dpkg-deb --info "$file$arch.deb" >/dev/null 2>&1; then
			printf '%s\n' "$file$arch.deb"
			return
		fi
	done
	note "downloading $1 $2"
	mkdir -p "$DOWNLOADS"
	new_tmp "$DOWNLOADS"
	# apt drops to another user that may not write here; its notice about it is noise.
	if ! (cd "$tmp" && apt-get "${APT_LISTS[@]}" -qq -o APT::Sandbox::User="$(id -un)" download "$1=$2" >&2); then
		die "cannot download $1 $2 (apt-get update may help)"
	fi
	mv "$tmp"/*.deb "$DOWNLOADS/"
	compgen -G "$file*.deb"
}
