import { connect, type Socket } from 'node:net';

/**
 * A connection to PostgreSQL in its own protocol that does one thing: execute one prepared statement again and again, as pgbench does
 * with `-M prepared`. A limit must not be measured through a driver whose own work would count as the database's.
 */
export class Wire {
  readonly #socket: Socket;
  readonly #waiting: { resolve: () => void; reject: (error: Error) => void }[] = [];
  #rest: Buffer = Buffer.alloc(0);
  #executing: Buffer = Buffer.alloc(0);

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (part) => this.#hear(part));
    const fail = (error: Error) => {
      for (const { reject } of this.#waiting.splice(0)) reject(error);
    };
    socket.on('error', fail);
    socket.on('close', () => fail(new Error('the connection to the database was closed')));
  }

  /** Connects over the server's Unix socket, as a user it trusts, and prepares `statement` (parameters: none, or texts). */
  static async open(
    { host, port, user, database }: { host: string; port: number; user: string; database: string },
    statement: string,
    parameters: readonly string[],
  ): Promise<Wire> {
    const wire = new Wire(connect(`${host}/.s.PGSQL.${port}`));
    const startup = text(`user\0${user}\0database\0${database}\0`);
    await wire.#ask(Buffer.concat([int32(startup.length + 8), int32(196_608), startup]));
    await wire.#ask(Buffer.concat([message('P', text(`plain\0${statement}`), int16(0)), sync]));
    const values = parameters.flatMap((value) => [int32(Buffer.byteLength(value)), Buffer.from(value)]);
    wire.#executing = Buffer.concat([
      message('B', text('\0plain'), int16(0), int16(parameters.length), ...values, int16(0)),
      message('E', text(''), int32(0)),
      sync,
    ]);
    return wire;
  }

  /** One round trip: bind, execute, commit. */
  execute(): Promise<void> {
    return this.#ask(this.#executing);
  }

  close(): void {
    this.#socket.end(message('X'));
  }

  #ask(bytes: Buffer): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#socket.write(bytes);
    });
  }

  // Of all that the server says, two things matter: that it is ready for the next, or that it complains.
  #hear(part: Buffer): void {
    this.#rest = this.#rest.length === 0 ? part : Buffer.concat([this.#rest, part]);
    while (this.#rest.length >= 5) {
      const length = this.#rest.readInt32BE(1) + 1;
      if (this.#rest.length < length) return;
      const kind = String.fromCharCode(this.#rest[0]!);
      if (kind === 'E')
        this.#socket.destroy(new Error(this.#rest.toString('utf8', 5, length).replaceAll('\0', ' ')));
      if (kind === 'Z') this.#waiting.shift()?.resolve();
      this.#rest = this.#rest.subarray(length);
    }
  }
}

function message(kind: string, ...parts: Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  return Buffer.concat([Buffer.from(kind), int32(body.length + 4), body]);
}

const sync = message('S');

function text(value: string): Buffer {
  return Buffer.from(`${value}\0`);
}

function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(value);
  return bytes;
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}
