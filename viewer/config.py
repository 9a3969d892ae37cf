"""`app-config.js`: how OHIF is told where our DICOMweb roots are and what they can do.

References
----------
OHIF's configuration and data source options as read in 3.12.10 and 3.13.2.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

_NAMESPACE = "@ohif/extension-default.dataSourcesModule.dicomweb"

# What every root of ours can do.
_CAPABILITIES: dict[str, Any] = {
    "imageRendering": "wadors",
    "thumbnailRendering": "wadors",
    "enableStudyLazyLoad": True,
    "supportsFuzzyMatching": False,  # names match without case and accents as it is
    "supportsWildcard": True,
    "supportsReject": False,
    "supportsStow": True,
    "dicomUploadEnabled": True,
    "omitQuotationForMultipartRequest": True,
    "bulkDataURI": {"enabled": True},
}

_APPLICATION: dict[str, Any] = {
    "name": "DicomTube",
    "extensions": [],
    "modes": [],
    "customizationService": {},
    "showStudyList": True,
    "maxNumberOfWebWorkers": 3,
    "showWarningMessageForCrossOrigin": True,
    "showCPUFallbackMessage": True,
    "showLoadingIndicator": True,
    "strictZSpacingForVolumeViewport": True,
    "groupEnabledModesFirst": True,
    "investigationalUseDialog": {"option": "never"},
    # One connection carries six requests over HTTP/1.1; a long queue of prefetches would make
    # the slice that is looked at wait.
    "maxNumRequests": {"interaction": 100, "thumbnail": 5, "prefetch": 25},
}

# A case has a root of its own and there are any number of them, so it is named in the address, as
# ``?datasources=case-<id>``: an id has one form only, and nothing else is ever made a path of.
_CASE = """
const named = /\\bcase-([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\\b/.exec(window.location.href);
if (named) {
  const source = JSON.parse(JSON.stringify(window.config.dataSources[0]));
  const root = `${SERVER}/cases/${named[1]}/dicom-web`;
  source.sourceName = named[0];
  Object.assign(source.configuration, {
    name: named[0], friendlyName: 'case', qidoRoot: root, wadoRoot: root,
    wadoUriRoot: `${root}/wado`, supportsStow: false, dicomUploadEnabled: false,
  });
  window.config.dataSources.push(source);
}
"""

# OHIF heeds ``?datasources=`` in its list of studies only; opened at a study it takes the default.
_DEFAULT = """
const wanted = new URLSearchParams(window.location.search).get('datasources');
if (window.config.dataSources.some(({ sourceName }) => sourceName === wanted)) {
  window.config.defaultDataSourceName = wanted;
}
"""

# In the bar above the images, where OHIF has its own sign: the way back to the pages, and what the
# images are not for. In a narrow window OHIF's tools need the whole bar; the page of a case says it
# below them. Styled by the object model, which the policy lets through.
_WORDS = """
window.config.whiteLabeling = {
  createLogoComponentFn: (React) => {
    if (window.matchMedia('(max-width: 60rem)').matches) return null;
    const make = React.createElement;
    const row = { display: 'flex', alignItems: 'center', gap: '12px' };
    const home = { fontSize: '16px', fontWeight: 700, color: '#fff', textDecoration: 'none' };
    const small = { fontSize: '11px', lineHeight: 1.25, color: '#c3d0d8', maxWidth: '15rem' };
    return make('div', { style: row },
      make('a', { href: `${SERVER}/`, style: home, translate: 'no' }, 'DicomTube'),
      make('p', { className: 'dt-disclaimer', style: { ...small, margin: 0 } },
        'For education and discussion. Not for primary diagnosis or direct patient care.'));
  },
};
"""

# The roots are written relative to the origin that the page came from, whatever name or proxy
# that is: OHIF itself wants them absolute.
_ABSOLUTE = """
for (const { configuration } of window.config.dataSources) {
  for (const name of ['qidoRoot', 'wadoRoot', 'wadoUriRoot']) {
    configuration[name] = window.location.origin + configuration[name];
  }
}
"""


def app_config(collections: Sequence[tuple[str, str]], prefix: str, base: str = "") -> str:
    """Return the script that OHIF loads before it starts.

    Parameters
    ----------
    collections : sequence of (name, root path)
        The DICOMweb roots, such as ``("archive", "/dicom-web")``; the first is the default, the
        others are chosen with ``?datasources=<name>``, that of a case with its id.
    prefix : str
        Where the viewer lives, with both slashes.
    base : str
        The path below which the whole server is seen, such as ``/imaging``.
    """
    config = {
        **_APPLICATION,
        "routerBasename": base + prefix.rstrip("/"),
        "defaultDataSourceName": collections[0][0],
        "dataSources": [_data_source(name, base + root) for name, root in collections],
    }
    server = f"const SERVER = {json.dumps(base)};\n"
    told = f"window.config = {json.dumps(config, indent=2)};\n{server}"
    return told + _CASE + _DEFAULT + _ABSOLUTE + _WORDS + _place()


@cache
def _place() -> str:
    """The script that shows the frame, region and window that an address names."""
    return (Path(__file__).parent / "place.js").read_text("utf-8")


def _data_source(name: str, root: str) -> dict[str, Any]:
    roots = {"qidoRoot": root, "wadoRoot": root, "wadoUriRoot": f"{root}/wado"}
    configuration = {"friendlyName": name, "name": name, **roots, **_CAPABILITIES}
    return {"namespace": _NAMESPACE, "sourceName": name, "configuration": configuration}
