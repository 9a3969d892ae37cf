// Shows the place that the address names: `frame`, `region` (left, top, width, height as fractions
// of the frame) and `window` (center, width), beside OHIF's own `initialSOPInstanceUID`, which
// knows neither of them. The place is drawn over the image and is no measurement of anybody.
{
  const asked = new URLSearchParams(window.location.search);
  const named = (name) => {
    for (const [key, value] of asked) if (key.toLowerCase() === name) return value;
    return '';
  };
  const numbers = (name, count) => {
    const found = named(name).split(',').map(Number);
    return named(name) && found.length === count && found.every(Number.isFinite) ? found : null;
  };
  const place = {
    instance: named('initialsopinstanceuid'),
    frame: Math.max(1, Math.trunc(Number(named('frame'))) || 1),
    region: numbers('region', 4),
    window: numbers('window', 2),
  };
  const isThere = (imageId) => {
    const [, instance, , frame] = /\/instances\/([0-9.]+)(\/frames\/(\d+))?/.exec(imageId) || [];
    return instance === place.instance && (!frame || Number(frame) === place.frame);
  };

  const corners = (viewport) => {
    const { imageData } = viewport.getImageData();
    const [columns, rows] = imageData.getDimensions();
    const [left, top, width, height] = place.region;
    const at = (x, y) =>
      viewport.worldToCanvas(imageData.indexToWorld([x * columns - 0.5, y * rows - 0.5, 0]));
    return [at(left, top), at(left + width, top), at(left + width, top + height), at(left, top + height)];
  };

  const draw = (viewport) => {
    let drawing = viewport.element.querySelector('svg.place');
    if (!drawing) {
      const holder = document.createElement('div');
      holder.innerHTML = '<svg class="place"></svg>';
      drawing = holder.firstChild;
      drawing.setAttribute('aria-hidden', 'true');
      drawing.style.cssText =
        'position:absolute;inset:0;width:100%;height:100%;pointer-events:none;z-index:1';
      viewport.element.append(drawing);
    }
    drawing.replaceChildren();
    if (!isThere(viewport.getCurrentImageId?.() ?? '')) return;
    const points = corners(viewport);
    const isSpot = place.region[2] * place.region[3] === 0;
    const shape = document.createElementNS(drawing.namespaceURI, isSpot ? 'circle' : 'polygon');
    if (isSpot) {
      shape.setAttribute('cx', points[0][0]);
      shape.setAttribute('cy', points[0][1]);
      shape.setAttribute('r', 14);
    } else {
      shape.setAttribute('points', points.map((point) => point.join(',')).join(' '));
    }
    shape.setAttribute('fill', 'none');
    shape.setAttribute('stroke', '#ffc46b');
    shape.setAttribute('stroke-width', 2);
    drawing.append(shape);
  };

  const show = (viewport, index) => {
    if (place.frame > 1 && viewport.setImageIdIndex) viewport.setImageIdIndex(index);
    if (place.window) {
      const [center, width] = place.window;
      // As PS3.3 C.11.2.1.2.1 counts: the window has `width` values, both ends with it.
      const lower = center - 0.5 - (width - 1) / 2;
      viewport.setProperties({ voiRange: { lower, upper: lower + width - 1 } });
    }
    if (place.region) {
      viewport.element.addEventListener('CORNERSTONE_IMAGE_RENDERED', () => draw(viewport));
    }
    viewport.render();
  };

  const find = () => {
    const engines = window.cornerstone?.getRenderingEngines?.() ?? [];
    for (const engine of engines) {
      for (const viewport of engine.getViewports()) {
        if (!viewport.getImageIds) continue;
        const index = viewport.getImageIds().findIndex(isThere);
        if (index >= 0 && viewport.getCornerstoneImage?.()) return [viewport, index];
      }
    }
    return null;
  };

  if (place.instance && (place.frame > 1 || place.region || place.window)) {
    const since = Date.now();
    const timer = setInterval(() => {
      const found = find();
      if (found) show(...found);
      if (found || Date.now() - since > 120000) clearInterval(timer);
    }, 200);
  }
}
