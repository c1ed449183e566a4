import { BlockList, isIP } from 'node:net';

const near = new BlockList();
for (const [net, prefix] of [
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
] as const)
  near.addSubnet(net, prefix, 'ipv4');
for (const [net, prefix] of [
  ['::1', 128],
  ['fe80::', 10],
  ['fc00::', 7],
] as const)
  near.addSubnet(net, prefix, 'ipv6');

/** Whether an address is of this machine or of a private network: where a proxy of the installation stands. */
export function isNear(address: string): boolean {
  const plain = address.split('%')[0] as string;
  const version = isIP(plain);
  return version !== 0 && near.check(plain, version === 4 ? 'ipv4' : 'ipv6');
}

/**
 * Who asks, behind the proxies in front: from the nearest hop outwards, the first address that is not near, since what somebody
 * further away says of themselves is anybody's word.
 *
 * @param peer the address that the connection came from
 * @param forwardedFor the X-Forwarded-For header; each proxy added at its end whom it heard
 */
export function askerBehind(peer: string, forwardedFor: string | undefined): string {
  const hops = (forwardedFor ?? '').split(',').map((hop) => hop.trim());
  let asker = peer;
  while (isNear(asker)) {
    const next = hops.pop();
    if (next === undefined || next === '') break;
    asker = next;
  }
  return asker;
}
