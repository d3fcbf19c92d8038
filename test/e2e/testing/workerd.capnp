using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [(name = "issuer", worker = .issuer)],
  sockets = [(name = "issuer", address = "127.0.0.1:0", http = (), service = "issuer")],
);

const issuer :Workerd.Worker = (
  modules = [(name = "worker", esModule = embed "worker.js")],
  compatibilityDate = "2024-01-01",
);
