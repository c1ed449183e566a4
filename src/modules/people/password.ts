import { hash, verify } from '@node-rs/argon2';

// argon2id with the library's defaults of 2026 (19 MiB, two passes), as OWASP's cheat sheet asks; it runs on the thread pool.

export function hashPassword(password: string): Promise<string> {
  return hash(password);
}

export function passwordFits(passwordHash: string, password: string): Promise<boolean> {
  return verify(passwordHash, password);
}

let decoy: Promise<string> | undefined;

/** Takes as long as a real check, so that an unknown address cannot be told from a wrong password by the clock. */
export async function pretendToCheck(password: string): Promise<false> {
  decoy ??= hashPassword('nobody has this one');
  await verify(await decoy, password);
  return false;
}
