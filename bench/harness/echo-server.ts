import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';

// The bare minimum of a chat server, as a process of its own: two sockets are a pair, and what one says the other hears. It ends with
// the process that started it.

const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false });
let single: WebSocket | undefined;
server.on('connection', (socket) => {
  socket.on('error', () => socket.terminate());
  if (single === undefined) {
    single = socket;
    return;
  }
  const peer = single;
  single = undefined;
  socket.on('message', (data) => peer.send(data, { binary: false }));
  peer.on('message', (data) => socket.send(data, { binary: false }));
});
server.on('listening', () => process.send?.((server.address() as AddressInfo).port));
process.on('disconnect', () => process.exit());
