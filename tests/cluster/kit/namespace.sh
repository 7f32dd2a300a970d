#!/usr/bin/env bash
# Run first inside the cluster's own namespaces: a private /run that holds the state folder, and the node's network.
# usage: namespace.sh STATE NODE_ADDRESS SERVICE_RANGE
set -euo pipefail
state=$1 node=$2 services=$3

# Mounts made in pods are seen by all of this namespace, and by nothing outside it.
mount --make-rshared /
mount -t tmpfs -o mode=755 tmpfs /run
mkdir /run/trireme
mount --bind "$state" /run/trireme

# A veth pair gives the node an address; the route lets Services answer on the node itself.
ip link set lo up
ip link add node0 type veth peer name node1
ip address add "$node/24" dev node0
ip link set node0 up
ip link set node1 up
ip route add "$services" dev node0
echo 1 > /proc/sys/net/ipv4/ip_forward
