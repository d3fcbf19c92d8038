// Makes each server of this process listen on a free port of 127.0.0.1, and prints its URL. Loaded by `node --import`.
import { Server } from 'node:net';

const { listen } = Server.prototype;
Server.prototype.listen = function (...args) {
  const done = args.find((argument) => typeof argument === 'function');
  this.once('listening', () => process.stdout.write(`http://127.0.0.1:${this.address().port}\n`));
  return Reflect.apply(listen, this, [0, '127.0.0.1', done]);
};
