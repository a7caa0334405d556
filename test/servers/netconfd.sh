#!/bin/bash
# netconfd.sh - a real NETCONF server for tests: Debian's netconfd (yuma123) behind OpenSSH on 127.0.0.1, with a small
# YANG model of the two hierarchies in which Juniper EX switches keep static port-security bindings.
# Needs root on Debian 12 and, the first time, its package mirror. One per machine: its system users are shared.
#
#   netconfd.sh start    install what is missing, start, print KEY=VALUE lines (when up: only prints)
#   netconfd.sh stop     end the two daemons (the datastore is kept)
#   netconfd.sh reset    stop, put the seed configuration back, start with the settings below
#   netconfd.sh status   exit 0 when up
#   netconfd.sh crash    SIGKILL netconfd only (a device that dies); start brings it back
#   netconfd.sh pause    SIGSTOP netconfd (a device that hangs)      resume: SIGCONT
#   netconfd.sh purge    stop, remove the folder and the three system users
#
# Settings from the environment (defaults in brackets); they take effect at reset:
#   NETCONFD_DIR [/var/tmp/portwarden-netconfd]   NETCONFD_PORT [8840]
#   NETCONFD_PASSWORD [random, kept in DIR/password]
#   NETCONFD_FAMILY  both | els | non-els [both]: which hierarchy the device knows
#   NETCONFD_PROTO   both | 1.0 | 1.1 [both]: which base versions the hello offers
#   NETCONFD_VALIDATE_FIX 1 | 0 [1]: 1 turns netconfd's validate-then-commit bug off (see build_plugin)
#   NETCONFD_SSH     modern | legacy [modern]: legacy = only old algorithms, as on old Junos
#   NETCONFD_MODPATH, NETCONFD_MODULES: more YANG to load (folder; names separated by spaces)
set -euo pipefail
PATH=/usr/sbin:/usr/bin:/sbin:/bin; export LC_ALL=C
# Not under a home or ~/.cache: netconfd and both SSH users are unprivileged and must be able to enter
# every folder above this one (data store, socket, authorized_keys), and root's home is 0700.
# /var/tmp is open to all and outlives a reboot.
DIR=${NETCONFD_DIR:-/var/tmp/portwarden-netconfd}
PORT=${NETCONFD_PORT:-8840}
FAMILY=${NETCONFD_FAMILY:-both}
PROTO=${NETCONFD_PROTO:-both}
FIX=${NETCONFD_VALIDATE_FIX:-1}
SSHMODE=${NETCONFD_SSH:-modern}
MOD=junos-ex-port-security-test
ADMIN=pwncadmin RO=pwncread DAEMON=pwncd          # system users: read-write, read-only, the daemon's own
say() { echo "netconfd.sh: $*" >&2; }
die() { say "$*"; exit 1; }

need_packages() {
  local miss=() p
  for p in netconfd openssh-server "$@"; do
    dpkg-query -W -f '${Status}' "$p" 2>/dev/null | grep -q 'ok installed' || miss+=("$p")
  done
  [ ${#miss[@]} -eq 0 ] && return 0
  say "installing ${miss[*]}"
  # keep openssh-server's own service (port 22) from starting
  local pol=/usr/sbin/policy-rc.d made=0
  if [ ! -e $pol ]; then printf '#!/bin/sh\nexit 101\n' > $pol; chmod 755 $pol; made=1; fi
  local rc=0
  { apt-get -o DPkg::Lock::Timeout=600 -qq update &&
    DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=600 -y -qq --no-install-recommends install "${miss[@]}"; } >"$DIR/apt.log" 2>&1 || rc=$?
  [ $made = 1 ] && rm -f $pol
  [ $rc = 0 ] || { tail -5 "$DIR/apt.log" >&2; die "apt-get failed"; }
}

# pid of a daemon of ours, only if it still is that program started from our folder
pid_of() {
  local f=$DIR/$1.pid p
  [ -s "$f" ] || return 1
  p=$(cat "$f"); [ -r "/proc/$p/cmdline" ] || return 1
  tr '\0' ' ' < "/proc/$p/cmdline" | grep -q "$DIR/" || return 1
  echo "$p"
}
end_one() {
  local p i; p=$(pid_of "$1") || { rm -f "$DIR/$1.pid"; return 0; }
  kill -CONT "$p" 2>/dev/null || true; kill "$p" 2>/dev/null || true
  # asked of pid_of, not kill -0: a zombie that init does not reap counts as gone
  for i in $(seq 50); do pid_of "$1" >/dev/null || break; sleep 0.1; done
  if pid_of "$1" >/dev/null; then kill -9 "$p" || true; fi
  rm -f "$DIR/$1.pid"
}

write_yang() { cat > "$DIR/$MOD.yang" <<'EOY'
module junos-ex-port-security-test {
  yang-version 1;
  namespace "http://xml.juniper.net/xnm/1.1/xnm";
  prefix junos;
  organization "portwarden";
  contact "portwarden";
  description
    "Test model, not Juniper's: the two static-binding hierarchies of EX port security
     (the older ethernet-switching-options one, and the ELS one under vlans).";
  revision 2025-01-01 { description "First."; }

  feature non-els { description "Has ethernet-switching-options."; }
  feature els { description "Has vlans/vlan/forwarding-options/dhcp-security."; }

  typedef mac-addr {
    type string { pattern '[0-9a-fA-F]{1,2}(:[0-9a-fA-F]{1,2}){5}'; }
  }
  typedef ipv4 {
    type string {
      pattern '(([0-9]|[1-9][0-9]|1[0-9][0-9]|2[0-4][0-9]|25[0-5])\.){3}'
            + '([0-9]|[1-9][0-9]|1[0-9][0-9]|2[0-4][0-9]|25[0-5])';
    }
  }
  typedef name { type string { length "1..64"; } }

  container configuration {
    container system {
      leaf host-name { type name; }
    }
    container ethernet-switching-options {
      if-feature non-els;
      container secure-access-port {
        list interface {
          key name;
          leaf name { type name; }
          list allowed-mac {
            key name;
            leaf name { type mac-addr; }
          }
          container mac-limit {
            leaf limit { type uint32; }
            leaf action { type enumeration { enum none; enum drop; enum log; enum shutdown; } }
          }
          leaf dhcp-trusted { type empty; }
          leaf no-dhcp-trusted { type empty; }
          list static-ip {
            key name;
            ordered-by user;
            leaf name { type ipv4; }
            leaf vlan {
              type name;
              mandatory true;
              must "/junos:configuration/junos:vlans/junos:vlan[junos:name = current()]" {
                error-message "static-ip names a vlan that is not configured";
                error-app-tag "vlan-not-configured";
              }
            }
            leaf mac { type mac-addr; mandatory true; }
          }
        }
        list vlan {
          key name;
          leaf name { type name; }
          leaf examine-dhcp { type empty; }
          leaf ip-source-guard { type empty; }
          leaf arp-inspection { type empty; }
        }
      }
    }
    container vlans {
      list vlan {
        key name;
        leaf name { type string { length "2..64"; } }
        leaf description { type string; }
        leaf vlan-id { type string; }
        container forwarding-options {
          if-feature els;
          container dhcp-security {
            presence "enable dhcp-security";
            leaf no-dhcp-snooping { type empty; }
            leaf arp-inspection { type empty; }
            leaf ip-source-guard { type empty; }
            list group {
              key name;
              ordered-by user;
              leaf name { type name; }
              container overrides {
                presence "enable overrides";
                leaf trusted { type empty; }
                leaf untrusted { type empty; }
              }
              list interface {
                key name;
                leaf name { type name; }
                list static-ip {
                  key name;
                  ordered-by user;
                  leaf name { type ipv4; }
                  leaf mac { type mac-addr; mandatory true; }
                }
              }
            }
          }
        }
      }
    }
  }
}
EOY
}

write_seed() {
  { echo '<?xml version="1.0" encoding="UTF-8"?>'
    echo '<config xmlns="urn:ietf:params:xml:ns:netconf:base:1.0">'
    echo '<configuration xmlns="http://xml.juniper.net/xnm/1.1/xnm">'
    echo '<system><host-name>ex-lab</host-name></system>'
    [ "$FAMILY" = els ] || cat <<'E'
<ethernet-switching-options><secure-access-port>
  <interface><name>ge-0/0/1.0</name>
    <mac-limit><limit>8</limit><action>drop</action></mac-limit>
    <static-ip><name>192.0.2.10</name><vlan>v100</vlan><mac>02:00:00:00:00:10</mac></static-ip>
  </interface>
  <interface><name>ge-0/0/2.0</name>
    <static-ip><name>192.0.2.20</name><vlan>v100</vlan><mac>02:00:00:00:00:20</mac></static-ip>
  </interface>
  <interface><name>ge-0/0/47.0</name><dhcp-trusted/></interface>
  <vlan><name>v100</name><examine-dhcp/><ip-source-guard/></vlan>
</secure-access-port></ethernet-switching-options>
E
    echo '<vlans><vlan><name>v100</name><vlan-id>100</vlan-id>'
    [ "$FAMILY" = non-els ] || cat <<'E'
<forwarding-options><dhcp-security><ip-source-guard/>
  <group><name>uplink</name><overrides><trusted/></overrides><interface><name>ge-0/0/47.0</name></interface></group>
  <group><name>hosts</name>
    <interface><name>ge-0/0/1.0</name>
      <static-ip><name>192.0.2.10</name><mac>02:00:00:00:00:10</mac></static-ip>
    </interface>
    <interface><name>ge-0/0/2.0</name>
      <static-ip><name>192.0.2.20</name><mac>02:00:00:00:00:20</mac></static-ip>
    </interface>
  </group>
</dhcp-security></forwarding-options>
E
    echo '</vlan><vlan><name>v200</name><vlan-id>200</vlan-id></vlan></vlans>'
    echo '</configuration>'
    # spelt out because a confirmed commit's rollback drops what is only a default, and
    # netconfd then turns access control off for good
    echo '<nacm xmlns="urn:ietf:params:xml:ns:yang:ietf-netconf-acm"><enable-nacm>true</enable-nacm>'
    echo '<read-default>permit</read-default><write-default>deny</write-default>'
    echo '<exec-default>permit</exec-default><enable-external-groups>true</enable-external-groups></nacm>'
    echo '</config>'; } > "$DIR/data/startup-cfg.xml"
  chown $DAEMON: "$DIR/data/startup-cfg.xml"; chmod 600 "$DIR/data/startup-cfg.xml"
}

# netconfd 2.13 marks every node of the candidate while it serves <validate>, and the next
# <commit> then drops the members of new or changed list entries and still says <ok/>.
# Its other, built-in way to validate has no such fault; no option selects it, so this
# plug-in (the server's own extension point, "SIL") does. It changes nothing else.
build_plugin() {
  rm -f "$DIR/lib/lib$MOD.so"
  [ "$FIX" = 1 ] || return 0
  [ -s "$DIR/plugin.so" ] && { cp "$DIR/plugin.so" "$DIR/lib/lib$MOD.so"; return 0; }
  need_packages libyuma-dev libxml2-dev gcc libc6-dev
  cat > "$DIR/lib/plugin.c" <<'EOC'
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <libxml/xmlstring.h>
#include "procdefs.h"
#include "ncx.h"
#include "ncxmod.h"
#include "agt.h"
status_t y_junos_ex_port_security_test_init(const xmlChar *modname, const xmlChar *revision) {
  agt_profile_t *p = agt_get_profile();
  ncx_module_t *mod = NULL;
  status_t res = ncxmod_load_module((const xmlChar *)"junos-ex-port-security-test",
                                    revision, &p->agt_savedevQ, &mod);
  (void)modname;
  if (res == NO_ERR) p->agt_validate_all = FALSE;
  return res;
}
status_t y_junos_ex_port_security_test_init2(void) { return NO_ERR; }
void y_junos_ex_port_security_test_cleanup(void) {}
EOC
  local i=/usr/include/yuma
  gcc -O1 -shared -fPIC -I$i/agt -I$i/ncx -I$i/platform -I$i/mgr -I/usr/include/libxml2 \
    "$DIR/lib/plugin.c" -o "$DIR/plugin.so"
  cp "$DIR/plugin.so" "$DIR/lib/lib$MOD.so"
}

users_and_keys() {
  local u
  for u in $ADMIN $RO; do id $u >/dev/null 2>&1 || useradd --system -M -d / -s /bin/sh $u; done
  id $DAEMON >/dev/null 2>&1 || useradd --system -M -d "$DIR/data" -s /usr/sbin/nologin $DAEMON
  # netconfd keeps a ~/.yuma folder and finds it by the password file, not by HOME
  [ "$(getent passwd $DAEMON | cut -d: -f6)" = "$DIR/data" ] || usermod -d "$DIR/data" $DAEMON
  local pw=${NETCONFD_PASSWORD:-}
  if [ -z "$pw" ]; then
    [ -s "$DIR/password" ] || (umask 077; head -c 12 /dev/urandom | od -An -tx1 | tr -d ' \n' > "$DIR/password")
    pw=$(cat "$DIR/password")
  else (umask 077; printf %s "$pw" > "$DIR/password"); fi
  printf '%s:%s\n%s:%s\n' $ADMIN "$pw" $RO "$pw" | chpasswd
  local t
  for t in ed25519 rsa ecdsa; do
    [ -s "$DIR/ssh/host_$t" ] || ssh-keygen -q -t $t -N '' -C portwarden-test -f "$DIR/ssh/host_$t"
  done
  [ -s "$DIR/ssh/client_key" ] || ssh-keygen -q -t ed25519 -N '' -C portwarden-test -f "$DIR/ssh/client_key"
  install -m 644 "$DIR/ssh/client_key.pub" "$DIR/ssh/authorized_keys"
}

write_sshd_config() {
  { cat <<E
ListenAddress 127.0.0.1:$PORT
PidFile none
AuthorizedKeysFile $DIR/ssh/authorized_keys
StrictModes no
UsePAM no
PasswordAuthentication yes
KbdInteractiveAuthentication no
PermitRootLogin no
AllowUsers $ADMIN $RO
PermitTTY no
DisableForwarding yes
PrintMotd no
MaxStartups 64
MaxSessions 32
Subsystem netconf "/usr/sbin/netconf-subsystem --ncxserver-sockname=$PORT@$DIR/data/ncx.sock"
ForceCommand /usr/sbin/netconf-subsystem --ncxserver-sockname=$PORT@$DIR/data/ncx.sock
E
    if [ "$SSHMODE" = legacy ]; then cat <<E
HostKey $DIR/ssh/host_rsa
HostKeyAlgorithms ssh-rsa
PubkeyAcceptedAlgorithms +ssh-rsa
KexAlgorithms diffie-hellman-group14-sha1
Ciphers aes128-cbc,3des-cbc
MACs hmac-sha1
E
    else printf 'HostKey %s\n' "$DIR/ssh/host_ed25519" "$DIR/ssh/host_rsa" "$DIR/ssh/host_ecdsa"; fi
  } > "$DIR/ssh/sshd_config"
  mkdir -p /run/sshd; chmod 755 /run/sshd
  /usr/sbin/sshd -t -f "$DIR/ssh/sshd_config"
}

start_netconfd() {
  pid_of netconfd >/dev/null && return 0
  rm -f "$DIR/data/ncx.sock"
  local a=(--modpath="$DIR${NETCONFD_MODPATH:+:$NETCONFD_MODPATH}" --runpath="$DIR/lib"
    --module=$MOD --startup="$DIR/data/startup-cfg.xml" --superuser=$ADMIN --port="$PORT"
    --ncxserver-sockname="$DIR/data/ncx.sock" --home="$DIR/data" --target=candidate
    --with-url=false --log="$DIR/data/netconfd.log" --log-append --log-level="${NETCONFD_LOG:-debug}") m
  for m in ${NETCONFD_MODULES:-}; do a+=(--module="$m"); done
  case $FAMILY in els) a+=(--feature-disable=$MOD:non-els);; non-els) a+=(--feature-disable=$MOD:els);; esac
  case $PROTO in 1.0|1.1) a+=(--protocols=netconf$PROTO);; esac
  ( cd "$DIR/data"; export HOME="$DIR/data"
    exec setsid setpriv --reuid $DAEMON --regid $DAEMON --clear-groups \
      /usr/sbin/netconfd "${a[@]}" </dev/null >>"$DIR/data/netconfd.out" 2>&1 ) &
  echo $! > "$DIR/netconfd.pid"
  local i
  for i in $(seq 100); do
    [ -S "$DIR/data/ncx.sock" ] && pid_of netconfd >/dev/null && return 0
    kill -0 "$(cat "$DIR/netconfd.pid")" 2>/dev/null || break
    sleep 0.1
  done
  tail -n 15 "$DIR/data/netconfd.log" "$DIR/data/netconfd.out" >&2 || true
  die "netconfd did not come up"
}

start_sshd() {
  pid_of sshd >/dev/null && return 0
  if (exec 3<>"/dev/tcp/127.0.0.1/$PORT") 2>/dev/null; then die "port $PORT is taken"; fi
  setsid /usr/sbin/sshd -D -e -f "$DIR/ssh/sshd_config" </dev/null >>"$DIR/ssh/sshd.log" 2>&1 &
  echo $! > "$DIR/sshd.pid"
  local i
  for i in $(seq 50); do (exec 3<>"/dev/tcp/127.0.0.1/$PORT") 2>/dev/null && return 0; sleep 0.1; done
  tail -n 5 "$DIR/ssh/sshd.log" >&2; die "sshd did not come up"
}

show() {
  local kt=ed25519; [ "$SSHMODE" = legacy ] && kt=rsa
  ( umask 077; cat > "$DIR/env" <<E
NETCONF_HOST=127.0.0.1
NETCONF_PORT=$PORT
NETCONF_USER=$ADMIN
NETCONF_PASSWORD=$(cat "$DIR/password")
NETCONF_READONLY_USER=$RO
NETCONF_KEY=$DIR/ssh/client_key
NETCONF_HOSTKEY=$(ssh-keygen -lf "$DIR/ssh/host_$kt.pub" | cut -d' ' -f2)
NETCONF_NAMESPACE=http://xml.juniper.net/xnm/1.1/xnm
NETCONF_FAMILY=$FAMILY
E
  ); cat "$DIR/env"
}

up() { pid_of netconfd >/dev/null && pid_of sshd >/dev/null; }

start() {
  if up; then show; return 0; fi
  mkdir -p "$DIR"; [ ! -L "$DIR" ] && [ -O "$DIR" ] || die "$DIR is somebody else's"
  mkdir -p "$DIR/data" "$DIR/lib" "$DIR/ssh"; chmod 755 "$DIR"; chmod 700 "$DIR/ssh"
  need_packages
  users_and_keys
  setpriv --reuid $DAEMON --regid $DAEMON --clear-groups test -x "$DIR" ||
    die "unprivileged users cannot enter $DIR, choose another NETCONFD_DIR"
  chmod 755 "$DIR/ssh"; chown $DAEMON: "$DIR/data"; chmod 755 "$DIR/data"
  write_yang; build_plugin
  [ -s "$DIR/data/startup-cfg.xml" ] || write_seed
  write_sshd_config
  start_netconfd; start_sshd; show
}

case ${1:-start} in
  -h|--help|help) sed -n '2,23s/^# \{0,1\}//p' "$0"; exit 0;;
esac
[ "$(id -u)" = 0 ] || die "needs root"
case $FAMILY in both|els|non-els) ;; *) die "NETCONFD_FAMILY?";; esac
case $PROTO in both|1.0|1.1) ;; *) die "NETCONFD_PROTO?";; esac
case ${1:-start} in
  start) start;;
  stop) end_one sshd; end_one netconfd; say stopped;;
  reset) end_one sshd; end_one netconfd; rm -f "$DIR"/data/*.xml "$DIR"/data/netconfd.log; start;;
  status) if up; then echo up; else echo down; exit 3; fi;;
  crash) p=$(pid_of netconfd) || die "not running"; kill -9 "$p"; rm -f "$DIR/netconfd.pid"; say "netconfd killed";;
  pause) p=$(pid_of netconfd) || die "not running"; kill -STOP "$p"; say paused;;
  resume) p=$(pid_of netconfd) || die "not running"; kill -CONT "$p"; say resumed;;
  purge) end_one sshd; end_one netconfd
    for u in $ADMIN $RO $DAEMON; do if id $u >/dev/null 2>&1; then userdel $u 2>/dev/null || say "could not remove $u"; fi; done
    case $DIR in */portwarden-netconf*) rm -rf -- "$DIR";; *) say "left $DIR";; esac; say purged;;
  *) die "start | stop | reset | status | crash | pause | resume | purge";;
esac
