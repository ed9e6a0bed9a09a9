"""What the error pages say, which no script translates: in English and in Chinese, as the visitor's browser asks."""

from __future__ import annotations

from django.http import HttpRequest

ENGLISH, CHINESE = "en", "zh"
BACK = "Back to LeptonWeb"
BAD_REQUEST = "The request cannot be understood."
FORBIDDEN = "You may not do this."
OUT_OF_DATE = "The page is out of date. Reload it and try again."
NOT_FOUND = "There is nothing here."
SERVER_ERROR = "Something went wrong on our side. It has been written to the log."
_IN_CHINESE = {
    BACK: "返回 LeptonWeb",
    BAD_REQUEST: "无法理解此请求。",
    FORBIDDEN: "您无权执行此操作。",
    OUT_OF_DATE: "页面已过期。请重新加载后再试。",
    NOT_FOUND: "这里什么也没有。",
    SERVER_ERROR: "服务器出错，详情已写入日志。",
    "server.disk_full": "服务器磁盘已满，未作任何更改。请删除不再需要的数据集，或请管理员腾出空间，然后重试。",
}
"""By the English sentence, or by the id of a `Message`."""


def language_of(request: HttpRequest) -> str:
    """Return the one of the page's languages that the browser would rather have; English without a preference."""
    ranked = [_ranked(part) for part in request.headers.get("Accept-Language", "").split(",")]
    offered = [(weight, name) for weight, name in ranked if name in (ENGLISH, CHINESE) and weight > 0]
    return max(offered, key=lambda one: one[0], default=(0.0, ENGLISH))[1]


def translate(sentence: str, language: str) -> str:
    """Return a sentence of the error pages in a language; any other stays as it is."""
    key = getattr(sentence, "id", sentence)
    return _IN_CHINESE.get(key, sentence) if language == CHINESE else sentence


def _ranked(part: str) -> tuple[float, str]:
    """Return weight and language of ``zh-CN;q=0.8``; a weight that is no number counts as none."""
    tag, _, option = part.partition(";")
    name, weight = tag.strip().lower().partition("-")[0], option.strip().partition("=")[2]
    try:
        return (float(weight) if weight else 1.0), name
    except ValueError:
        return 0.0, name
