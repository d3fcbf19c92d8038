# The worker under two compatibility dates. The later one gives it the globals of Node, such as `process` and
# `Buffer`; under the earlier one it has to do without.
using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    (name = "plain", worker = .plain),
    (name = "nodejs", worker = .nodejs),
    (name = "loopback", network = (allow = ["local"])),
  ],
  sockets = [
    (name = "plain", address = "127.0.0.1:0", http = (), service = "plain"),
    (name = "nodejs", address = "127.0.0.1:0", http = (), service = "nodejs"),
  ],
);

const plain :Workerd.Worker = (
  modules = [(name = "worker", esModule = embed "worker.js")],
  compatibilityDate = "2024-01-01",
  globalOutbound = "loopback",
);

const nodejs :Workerd.Worker = (
  modules = [(name = "worker", esModule = embed "worker.js")],
  compatibilityDate = "2026-11-01",
  globalOutbound = "loopback",
);
