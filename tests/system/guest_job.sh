# Runs as root in the guest (tests/system/guest.py): /share is the test's folder, /repo the repository, /site a Python's site-packages.
# Each line of /share/ports names a TCP port of this machine's host: NAME=PORT.
. /share/ports
export PYTHONDONTWRITEBYTECODE=1
ours() { PYTHONPATH=/repo:/site python3 "$@"; }
at() { read -r up _ < /proc/uptime; echo "$up $*"; }
there() { for n in $(seq 100); do cat /sys/bus/usb/devices/*/idVendor 2>/dev/null | grep -q "$1" && return 0; sleep 0.1; done; return 1; }
capture() { python3 /repo/tests/firmware_sim/umockdev_fprint.py "/share/$1.raw" > "/share/$1.json"; at "libfprint over $1: $?"; }
conform() { ours -m agent.rig.conformance --rung L3 --driver "$1" --serial "$2" --control "tcp:10.0.2.2:$3" --out "/share/$4.json"; at "conformance $4: $?"; }

at booted "$(uname -r)"
cat /sys/bus/usb/devices/*/idVendor
there 05ba
# our rules, and whose the nodes then are
cp /repo/systemd/60-livescan-agent.rules /etc/udev/rules.d/; echo 'livescan-core:x:997:' >> /etc/group
udevadm control --reload; udevadm trigger --action=add --subsystem-match=usb; udevadm settle -t 30
for one in /sys/bus/usb/devices/*/idVendor; do
  node="/dev/$(udevadm info -q name -p "${one%/idVendor}")"
  echo "$(cat "$one") $(stat -c '%G %a' "$node") $(udevadm info -q property -p "${one%/idVendor}" | grep -E '^(SYSTEMD_WANTS|CURRENT_TAGS)=' | tr '\n' ' ')"
done > /share/udev.txt
rm /etc/udev/rules.d/60-livescan-agent.rules
capture usbredir
conform fap60 LS60-0001 "$FAP60_CONTROL" fap60-usbredir
conform uru4500 "$READER_SERIAL" "$READER_CONTROL" uru4500-usbredir
ours /repo/tests/system/private_network.py LS60-0001 "tcp:10.0.2.2:$FAP60_CONTROL" > /share/private-network.json; at "private network: $?"

# no xHCI any more: what comes now comes through vhci_hcd
for one in /sys/bus/pci/drivers/xhci_hcd/0000:*; do basename "$one" > /sys/bus/pci/drivers/xhci_hcd/unbind; done
modprobe vhci-hcd
at "vhci port $(python3 /repo/firmware_sim/hosts/vhci_sysfs.py "tcp:10.0.2.2:$VHCI_READER")"
there 05ba && capture usbip-vhci
# attached again whenever the cable is put back
while sleep 0.2; do python3 /repo/firmware_sim/hosts/vhci_sysfs.py "tcp:10.0.2.2:$VHCI_FAP60"; done > /dev/null 2>&1 &
again=$!
there 1209 && conform fap60 LS60-0001 "$VHCI_FAP60_CONTROL" fap60-vhci
kill $again

# the simulator itself in the guest, attached over a socket pair
for port in 0 1 2 3; do echo $port > /sys/devices/platform/vhci_hcd.0/detach; done 2> /dev/null
ours -m firmware_sim uru4500 --listen unix:/tmp/own --subject /share/card.an2 --speed 5 --vhci > /tmp/ready 2>&1 &
own=$!
there 05ba && capture own-vhci
cat /tmp/ready
kill $own 2> /dev/null
wait $own
at over
