// A client's accent colour, made readable. The client chooses one colour; each tone that carries text is the nearest
// one to it that reaches the contrast WCAG 2.2 asks for (4.5 : 1), on the ground it stands on, in each theme.

type Rgb = [red: number, green: number, blue: number];

export interface Tones {
  accent: string;
  accentHover: string;
  /** Text on the accent. */
  accentOn: string;
  /** The accent as text on its own wash. */
  accentInk: string;
  /** The ground of the customer's own lines. */
  accentWash: string;
}

/** The grounds and inks the widget stands on, from the design tokens. */
export const grounds = {
  light: { raised: '#ffffff', sunken: '#eeeeea', ink: '#17191c' },
  dark: { raised: '#1c1f23', sunken: '#272b30', ink: '#eeeeeb' },
} as const;

export const contrastLeast = 4.5;
const ownAccent = '#2450c8';

/** The five tones of an accent in one theme. An accent that is not a colour (#rrggbb) gives Parley's own blue. */
export function tonesOf(accent: string, theme: 'light' | 'dark'): Tones {
  const [lightness, chroma, hue] = toLch(rgbOf(/^#[0-9a-f]{6}$/i.test(accent) ? accent : ownAccent));
  const ground = grounds[theme];
  const dark = theme === 'dark';
  const tone = (l: number, c: number) => toHex(fromLch(l, c, hue));

  const accentWash = tone(dark ? 0.27 : 0.955, Math.min(chroma * 0.3, dark ? 0.035 : 0.016));
  const step = dark ? 0.01 : -0.01;
  const nearest = (from: number, readable: (hex: string) => boolean) => {
    let l = from;
    while (!readable(tone(l, chroma)) && (dark ? l < 1 : l > 0)) l += step;
    return tone(l, chroma);
  };
  const reads = (on: string[]) => (hex: string) => on.every((under) => contrast(hex, under) >= contrastLeast);

  const found = nearest(lightness, reads([ground.raised, ground.sunken]));
  const accentOn = dark ? tone(0.2, Math.min(chroma, 0.05)) : '#ffffff';
  return {
    accent: found,
    accentHover: tone(toLch(rgbOf(found))[0] + step * 6, chroma),
    accentOn,
    accentInk: nearest(toLch(rgbOf(found))[0], reads([accentWash, ground.raised])),
    accentWash,
  };
}

/** Contrast of two colours as WCAG counts it, 1 to 21. */
export function contrast(one: string, other: string): number {
  const [high, low] = [luminance(rgbOf(one)), luminance(rgbOf(other))].sort((a, b) => b - a) as [
    number,
    number,
  ];
  return (high + 0.05) / (low + 0.05);
}

function luminance(rgb: Rgb): number {
  const [r, g, b] = rgb.map(linear) as Rgb;
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function rgbOf(hex: string): Rgb {
  return [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16) / 255) as Rgb;
}

function toHex(rgb: Rgb): string {
  const two = (part: number) =>
    Math.round(Math.min(1, Math.max(0, part)) * 255)
      .toString(16)
      .padStart(2, '0');
  return `#${rgb.map(two).join('')}`;
}

const linear = (part: number) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
const gamma = (part: number) => (part <= 0.0031308 ? part * 12.92 : 1.055 * part ** (1 / 2.4) - 0.055);

// OKLCH (Björn Ottosson, 2020): a step in lightness looks alike for every hue, so the nearest tone also looks nearest.
function toLch(rgb: Rgb): [lightness: number, chroma: number, hue: number] {
  const [r, g, b] = rgb.map(linear) as Rgb;
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  const a = 1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s;
  const bb = 0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s;
  return [0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s, Math.hypot(a, bb), Math.atan2(bb, a)];
}

function fromLch(lightness: number, chroma: number, hue: number): Rgb {
  // A colour outside what a screen can show is made greyer, not another hue.
  for (let c = chroma; ; c = c < 0.004 ? 0 : c * 0.9) {
    const rgb = fromLab(lightness, c * Math.cos(hue), c * Math.sin(hue));
    if (c === 0 || rgb.every((part) => part >= -0.0005 && part <= 1.0005)) return rgb;
  }
}

function fromLab(lightness: number, a: number, b: number): Rgb {
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  return [
    gamma(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s),
    gamma(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s),
    gamma(-0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s),
  ];
}
