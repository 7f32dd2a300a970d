# Triton wants <repository>/<model>/config.pbtxt, and KServe mounts what is inside the version's folder: give it its name
# again, which the configuration knows.
models=/mnt/models
name=$(sed -n 's/^name: *"\([a-z0-9-]*\)" *$/\1/p' $models/config.pbtxt)
if [ -z "$name" ]; then
  echo 'The folder that storageUri names is no Trireme version: its config.pbtxt gives no name.' >&2
  exit 1
fi
# What a server that crashed in this pod left.
rm -f /dev/shm/triton_*
mkdir -p /tmp/repository
ln -sfn $models "/tmp/repository/$name"
exec tritonserver "$@"
