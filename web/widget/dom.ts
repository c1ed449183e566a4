// The few things done with the document, all by nodes and text: nothing from outside is ever read as markup.

type Child = Node | string | undefined;
type Attributes = Record<string, string | boolean | ((event: Event) => void) | undefined>;

/** An element with its attributes (a function is a listener, true an empty attribute, false none) and children. */
export function h<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Attributes = {},
  ...children: Child[]
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  set(element, attributes);
  element.append(...children.filter((child) => child !== undefined));
  return element;
}

export function set(element: Element, attributes: Attributes): void {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') element.addEventListener(name.slice(2), value);
    else if (value === undefined || value === false) element.removeAttribute(name);
    else element.setAttribute(name, value === true ? '' : value);
  }
}

/** Text that is only written when it differs, so that a screen reader is not told the same twice. */
export function say(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

const shapes = {
  chat: 'M3 3.5h10a.5.5 0 0 1 .5.5v6.5a.5.5 0 0 1-.5.5H7.2L4.5 13.5V11H3a.5.5 0 0 1-.5-.5V4a.5.5 0 0 1 .5-.5z',
  down: 'M3.5 6 8 10.5 12.5 6',
  more: 'M3.5 8h.01M8 8h.01M12.5 8h.01',
  scale: 'M8 2.5v11M5 13.5h6M3 5h10M3 5 1.5 9h3zM13 5l-1.5 4h3z',
  send: 'M2.5 8 13.5 3 9.5 13.5 7.5 9z',
  user: 'M10.5 5.5a2.5 2.5 0 1 1-5 0a2.5 2.5 0 0 1 5 0zM3 13.5c.6-2.7 2.6-4 5-4s4.4 1.3 5 4',
};

export function icon(shape: keyof typeof shapes): SVGElement {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  const path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
  set(svg, { viewBox: '0 0 16 16', 'aria-hidden': 'true', class: `i ${shape}` });
  set(path, { d: shapes[shape] });
  svg.append(path);
  return svg;
}
