// Of every element with text of its own: the contrast of the text against what is behind it (WCAG 2.2, 1.4.3), and
// whether it has a size. What is hidden on purpose (labels for screen readers, closed details) is left out.
() => {
  const channel = v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
  const parse = c => (c.match(/[\d.]+/g) || []).map(Number);
  const luminance = ([r, g, b]) => 0.2126 * channel(r / 255) + 0.7152 * channel(g / 255) + 0.0722 * channel(b / 255);
  const ground = e => {
    for (let at = e; at; at = at.parentElement) {
      const c = parse(getComputedStyle(at).backgroundColor);
      if (c.length === 3 || c[3] > 0.99) return c;
    }
    return [255, 255, 255];
  };
  const states = [];
  for (const e of document.body.querySelectorAll('*')) {
    const words = [...e.childNodes].filter(n => n.nodeType === 3).map(n => n.textContent).join('').trim();
    if (!words || e.closest('.hidden, .skip, title, desc, option, style, [hidden], details:not([open]) > :not(summary)')) continue;
    const style = getComputedStyle(e), box = e.getBoundingClientRect();
    const ink = parse(e.namespaceURI.endsWith('svg') ? style.fill : style.color);
    const [dark, light] = [luminance(ink), luminance(ground(e))].sort((a, b) => a - b);
    const shown = e.checkVisibility({visibilityProperty: true, opacityProperty: true});
    states.push({words, shown, contrast: (light + 0.05) / (dark + 0.05), width: box.width, height: box.height,
      right: box.right + scrollX});
  }
  return states;
}
