// Finds the web addresses in a line, so that they can be followed without trusting the text they came in.

export interface TextPart {
  text: string;
  /** Present when the part may be followed: http or https, never another scheme. */
  href?: string;
  /** Present when the address leads to another host than the eye reads (an address in look-alike letters). */
  host?: string;
}

// Directional marks end an address: with them a line can show one host and lead to another.
const address = /https?:\/\/[^\s<>"\u200b-\u200f\u202a-\u202e\u2060-\u2069]+/gi;
const closing: Record<string, string> = { ')': '(', ']': '[', '}': '{' };

/** A line cut into plain parts and addresses; joined, the parts are the line again. */
export function textParts(line: string): TextPart[] {
  const parts: TextPart[] = [];
  let from = 0;
  for (const found of line.matchAll(address)) {
    const text = withoutTrailingMarks(found[0]);
    const link = linkOf(text);
    if (link === undefined) continue;
    if (found.index > from) parts.push({ text: line.slice(from, found.index) });
    parts.push(link);
    from = found.index + text.length;
  }
  if (from < line.length) parts.push({ text: line.slice(from) });
  return parts;
}

function linkOf(text: string): TextPart | undefined {
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  // "https://bank.example@elsewhere.example" reads like one host and leads to the other.
  if (url.username !== '' || url.password !== '') return undefined;
  const shown = text.toLowerCase().includes(`//${url.host}`);
  return shown ? { text, href: url.href } : { text, href: url.href, host: url.host };
}

/** "(see https://example.org/a)." ends before the bracket and the full stop, which belong to the sentence. */
function withoutTrailingMarks(text: string): string {
  let end = text.length;
  while (end > 0) {
    const last = text[end - 1] as string;
    const opening = closing[last];
    const unmatched = opening !== undefined && !text.slice(0, end - 1).includes(opening);
    if (!unmatched && !'.,;:!?…\'’»"*_'.includes(last)) break;
    end -= 1;
  }
  return text.slice(0, end);
}
