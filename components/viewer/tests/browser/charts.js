// Of every chart: its size, how many marks it has, and whether they are inside of it.
() => [...document.querySelectorAll('svg.chart')].map(svg => {
  const box = svg.getBoundingClientRect();
  const marks = [...svg.querySelectorAll('.dot, .bar')].map(m => m.getBoundingClientRect());
  const inside = m => m.width > 0 && m.left >= box.left - 1 && m.right <= box.right + 1 && m.top >= box.top - 1;
  return {width: box.width, height: box.height, marks: marks.length, inside: marks.every(inside)};
})
