#!/bin/sh
# The users and their rights, once after the first start and again for each new station: rabbitmqctl on any node.
set -eu
${rights}
