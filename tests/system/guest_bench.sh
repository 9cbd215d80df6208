# Runs as root in the guest (tests/system/guest.py), for test_guest_bench.py: the driver's half of `livescan bench usb` over a real kernel's USB.
. /share/ports
export PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=/repo:/site
there() { for n in $(seq 100); do cat /sys/bus/usb/devices/*/idVendor 2>/dev/null | grep -q 1209 && return 0; sleep 0.1; done; return 1; }
bench() { python3 -m agent.bench.usb_driver L3 LS60-0001 "$SECONDS_OF_PREVIEW" usb "tcp:10.0.2.2:$1" > "/share/$2.json"; echo "$2: $?"; }

there && bench "$FAP60_CONTROL" usbredir
for one in /sys/bus/pci/drivers/xhci_hcd/0000:*; do basename "$one" > /sys/bus/pci/drivers/xhci_hcd/unbind; done
modprobe vhci-hcd
while sleep 0.2; do python3 /repo/firmware_sim/hosts/vhci_sysfs.py "tcp:10.0.2.2:$VHCI_FAP60"; done > /dev/null 2>&1 &
again=$!
there && bench "$VHCI_FAP60_CONTROL" vhci
kill $again
echo over
