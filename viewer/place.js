// Shows the place that the address names: `frame`, `region` (left, top, width, height as fractions
// of the frame) and `window` (center, width), beside OHIF's own `initialSOPInstanceUID`, which
// knows none of them, and takes an image's number in its series for that of a slice of a volume.
// The place is drawn over the image and is no measurement of anybody. Stacks and planes of volumes
// (MPR, series in time) both show it; what differs is in `KINDS`.
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
  const LOOK_EVERY_MS = 200;
  const HOLD_MS = 3000;

  const dot = (a, b) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
  const cross = (a, b) =>
    [0, 1, 2].map((i) => a[(i + 1) % 3] * b[(i + 2) % 3] - a[(i + 2) % 3] * b[(i + 1) % 3]);
  const moved = (point, direction, length) => [0, 1, 2].map((i) => point[i] + direction[i] * length);

  // Where a frame lies in the patient (PS3.3 C.7.6.2.1.1), and a function from fractions of it
  // to points there. Fractions count from the corner of the first pixel, positions from its centre.
  const planeOf = (imageId) => {
    const told = window.cornerstone.metaData.get('imagePlaneModule', imageId);
    if (!told?.imagePositionPatient || !told.rowCosines || !told.columnCosines) return null;
    const [row, column] = [Array.from(told.rowCosines, Number), Array.from(told.columnCosines, Number)];
    const first = Array.from(told.imagePositionPatient, Number);
    const at = (x, y) => {
      const across = (x * told.columns - 0.5) * (told.columnPixelSpacing || 1);
      const down = (y * told.rows - 0.5) * (told.rowPixelSpacing || 1);
      return moved(moved(first, row, across), column, down);
    };
    return { normal: cross(row, column), at };
  };

  const [left, top, width, height] = place.region ?? [0, 0, 1, 1];
  const volumeOf = (viewport) => window.cornerstone.cache.getVolume(viewport.getVolumeId());

  // How far the plane that a volume is cut by lies from the middle of the place.
  const distance = (viewport, imageId) => {
    const plane = planeOf(imageId);
    if (!plane) return null;
    const { focalPoint, viewPlaneNormal } = viewport.getCamera();
    const middle = plane.at(left + width / 2, top + height / 2);
    return dot(moved(middle, focalPoint, -1), viewPlaneNormal);
  };
  // The one of several points in time that an image belongs to; nothing where there is only one.
  const timeOf = (viewport, imageId) => {
    const volume = volumeOf(viewport);
    if (!volume?.isDynamicVolume?.()) return null;
    const index = viewport.getImageIds().indexOf(imageId);
    return volume.flatImageIdIndexToDimensionGroupNumber(index);
  };
  const isAtItsTime = (viewport, imageId) => {
    const time = timeOf(viewport, imageId);
    return time === null || volumeOf(viewport).dimensionGroupNumber === time;
  };
  const isNear = (viewport, imageId) => {
    const away = distance(viewport, imageId);
    return away !== null && Math.abs(away) < viewport.getImageData().spacing[2] / 2;
  };

  const KINDS = {
    stack: {
      isReady: (viewport) => Boolean(viewport.getCornerstoneImage?.()),
      isShown: (viewport) => isThere(viewport.getCurrentImageId() ?? ''),
      isDrawn: (viewport) => isThere(viewport.getCurrentImageId() ?? ''),
      goTo: (viewport, imageId) =>
        viewport.setImageIdIndex(viewport.getImageIds().indexOf(imageId)),
      points: (viewport) => {
        const { imageData } = viewport.getImageData();
        const [columns, rows] = imageData.getDimensions();
        return (x, y) => imageData.indexToWorld([x * columns - 0.5, y * rows - 0.5, 0]);
      },
    },
    orthographic: {
      isReady: (viewport) => Boolean(viewport.getImageData?.()),
      isShown: (viewport, imageId) => isNear(viewport, imageId) && isAtItsTime(viewport, imageId),
      // Planes that cross the image go through the place, but have nothing to draw it on.
      isDrawn: (viewport, imageId) => {
        const along = Math.abs(dot(planeOf(imageId).normal, viewport.getCamera().viewPlaneNormal));
        return along > 0.999 && isNear(viewport, imageId) && isAtItsTime(viewport, imageId);
      },
      goTo: (viewport, imageId) => {
        const time = timeOf(viewport, imageId);
        if (time !== null) volumeOf(viewport).dimensionGroupNumber = time;
        const { focalPoint, position, viewPlaneNormal } = viewport.getCamera();
        const away = distance(viewport, imageId) ?? 0;
        viewport.setCamera({
          focalPoint: moved(focalPoint, viewPlaneNormal, away),
          position: moved(position, viewPlaneNormal, away),
        });
      },
      points: (viewport, imageId) => planeOf(imageId).at,
    },
  };

  // The name of the asked image in a viewport; nothing while it shows something else, or nothing.
  const imageIn = (viewport) => {
    try {
      if (!KINDS[viewport.type]?.isReady(viewport)) return undefined;
      return viewport.getImageIds().find((id) => id.includes(place.instance) && isThere(id));
    } catch {
      return undefined; // a volume that is not put together yet
    }
  };

  const drawingIn = (viewport) => {
    const found = viewport.element.querySelector('svg.place');
    if (found) return found;
    const holder = document.createElement('div');
    holder.innerHTML = '<svg class="place"></svg>';
    const drawing = holder.firstChild;
    drawing.setAttribute('aria-hidden', 'true');
    drawing.style.cssText =
      'position:absolute;inset:0;width:100%;height:100%;pointer-events:none;z-index:1';
    viewport.element.append(drawing);
    return drawing;
  };

  const draw = (viewport) => {
    const drawing = drawingIn(viewport);
    drawing.replaceChildren();
    const imageId = imageIn(viewport);
    const kind = KINDS[viewport.type];
    if (!imageId || !kind.isDrawn(viewport, imageId)) return;
    const at = kind.points(viewport, imageId);
    const corners = [[0, 0], [1, 0], [1, 1], [0, 1]].map(([x, y]) =>
      viewport.worldToCanvas(at(left + x * width, top + y * height)));
    const isSpot = width * height === 0;
    const shape = document.createElementNS(drawing.namespaceURI, isSpot ? 'circle' : 'polygon');
    if (isSpot) {
      shape.setAttribute('cx', corners[0][0]);
      shape.setAttribute('cy', corners[0][1]);
      shape.setAttribute('r', 14);
    } else {
      shape.setAttribute('points', corners.map((point) => point.join(',')).join(' '));
    }
    shape.setAttribute('fill', 'none');
    shape.setAttribute('stroke', '#ffc46b');
    shape.setAttribute('stroke-width', 2);
    drawing.append(shape);
  };

  const setWindow = (viewport) => {
    const [center, size] = place.window;
    // As PS3.3 C.11.2.1.2.1 counts: the window has `width` values, both ends with it.
    const lower = center - 0.5 - (size - 1) / 2;
    const { voiRange } = viewport.getProperties();
    if (voiRange?.lower === lower && voiRange?.upper === lower + size - 1) return false;
    viewport.setProperties({ voiRange: { lower, upper: lower + size - 1 } });
    return true;
  };

  // OHIF sets slice and window of a viewport itself, some of it later: what is asked for is held
  // for a moment, and no longer than until somebody does something.
  const show = (viewport, imageId) => {
    const kind = KINDS[viewport.type];
    const isElsewhere = !kind.isShown(viewport, imageId);
    if (isElsewhere) kind.goTo(viewport, imageId);
    const isChanged = place.window !== null && setWindow(viewport);
    if (isElsewhere || isChanged) viewport.render();
  };

  let isTouched = false;
  for (const kind of ['pointerdown', 'wheel', 'keydown', 'touchstart']) {
    window.addEventListener(kind, () => { isTouched = true; }, { capture: true, passive: true });
  }

  const seen = new WeakMap();
  const look = () => {
    const engines = window.cornerstone?.getRenderingEngines?.() ?? [];
    for (const viewport of [...engines].flatMap((engine) => engine.getViewports())) {
      const isNew = !seen.has(viewport);
      const isHeld = !isTouched && (isNew || Date.now() - seen.get(viewport) < HOLD_MS);
      const imageId = isNew || isHeld ? imageIn(viewport) : undefined;
      if (!imageId) continue;
      if (isNew) {
        seen.set(viewport, Date.now());
        if (place.region) {
          viewport.element.addEventListener('CORNERSTONE_IMAGE_RENDERED', () => draw(viewport));
          viewport.render();
        }
      }
      if (isHeld) show(viewport, imageId);
    }
  };

  if (place.instance) setInterval(look, LOOK_EVERY_MS);
}
