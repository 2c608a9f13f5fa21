"""What the templates say."""

from collections.abc import Mapping

PAGES: Mapping[str, str] = {
    # layout
    "Skip to the content": "本文へ移動",
    "User id, or title of an item": "ユーザーID、またはアイテムのタイトル",
    "User or item": "ユーザー・アイテム",
    "Search": "検索",
    "Site": "サイト",
    "Runs": "実行一覧",
    "Help": "ヘルプ",
    "This comparison": "この比較",
    "This version": "このバージョン",
    "Overview": "概要",
    "Users": "ユーザー",
    "Data quality": "データ品質",
    "Gate": "判定",
    "Titles are shown as they are in the data; characters that would act on the page are shown by their code point.": (
        "タイトルはデータのとおりに表示します。ページに作用する文字はコードポイントで表示します。"
    ),
    "User ids are pseudonyms.": "ユーザーIDは仮名化されています。",
    "Signed in as %(user)s.": "%(user)s としてサインインしています。",
    # gate
    "Go.": "採用できます。",
    "Go, if the warnings are acceptable.": "警告を許容できるなら採用できます。",
    "No go.": "採用できません。",
    "No decision can be made from this.": "これだけでは判断できません。",
    "Look at these first": "先に確認すること",
    "evidence": "根拠",
    "Rules": "ルール",
    "No rule was given: connect the verdict of a comparison to the report step.": (
        "ルールがありません。比較の verdict を report ステップに接続してください。"
    ),
    "Metrics": "指標",
    "metric": "指標",
    "change": "変化",
    "Metrics by cut-off and segment": "指標の内訳（カットオフ別・セグメント別）",
    "There is no ground truth: every metric is n/a.": "正解データがないため、指標はすべて n/a です。",
    "Versions": "バージョン",
    "Component": "コンポーネント",
    "Image": "イメージ",
    "Digest of the table": "テーブルのダイジェスト",
    "The line for pins.yaml, to copy:": "pins.yaml に貼り付ける行:",
    "There is no line for pins.yaml: the view does not know the image of this version.": (
        "このバージョンのイメージがわからないため、pins.yaml の行は作れません。"
    ),
    "Sources": "データの出所",
    "rule": "ルール",
    "threshold": "しきい値",
    "observed": "観測値",
    "outcome": "結果",
    "no interval": "区間なし",
    "input": "入力",
    "made by": "作成元",
    "digest": "ダイジェスト",
    "PASS": "合格",
    "WARN": "警告",
    "FAIL": "不合格",
    "NOT ENOUGH DATA": "データ不足",
    # help
    "Keys": "キー操作",
    "search": "検索",
    "next changed user, or next page": "次の（変化した）ユーザー、または次のページ",
    "previous changed user, or previous page": "前の（変化した）ユーザー、または前のページ",
    "this page": "このページ",
    "Keys are on": "キー操作を使う",
    "Every page works without them, and without scripts.": "キー操作やスクリプトがなくても、すべてのページを使えます。",
    "How to read the pages": "ページの読み方",
    "The share of items that both lists of a user have: 1 for the same items, 0 for none in common.": (
        "2つのリストに共通するアイテムの割合。1 は同じアイテム、0 は共通なし。"
    ),
    "Rank-biased overlap: like overlap, and what is further up counts more.": (
        "順位を考慮した重なり（rank-biased overlap）。上位ほど重みが大きくなります。"
    ),
    "Whether the shared items have the same order: 1 the same, −1 the reverse.": (
        "共通するアイテムの並び順の一致度。1 は同じ順、−1 は逆順。"
    ),
    "up, down": "上昇・下降",
    "By how many ranks an item moved on the way from the base to the candidate.": (
        "ベースから候補へ変えたとき、アイテムの順位がいくつ動いたか。"
    ),
    "new, dropped": "新規・脱落",
    "Only in the whole list of the candidate, or only in that of the base.": (
        "候補のリスト全体だけにあるもの、またはベースのリスト全体だけにあるもの。"
    ),
    "fallback": "フォールバック",
    "A row that does not come from the model, such as popular items for a user without a history.": (
        "モデル以外から来た行。たとえば履歴のないユーザーへの人気アイテム。"
    ),
    "Not known, or cannot be computed. It never means 0.": "不明、または計算できません。0 という意味ではありません。",
    "Every rule passes, but something asks for a look: a worse metric, a fault of the data, old data, or an interval "
    "that reaches beyond a limit.": (
        "すべてのルールに合格していますが、確認が必要です（指標の悪化、データの誤り、古いデータ、しきい値を越える区間）。"
    ),
    "A rule could not be judged. It is no pass.": "ルールを判定できませんでした。合格ではありません。",
    "A link from elsewhere": "外部からのリンク",
    "Leads to the best page there is: the newest run where none is named, its newest comparison where no version is "
    "named. Names, numbers and pins of versions are all understood.": (
        "最も適したページへ移動します。実行の指定がなければ最新の実行、バージョンの指定がなければその最新の比較です。"
        "バージョンは名前・番号・pin のどれでも指定できます。"
    ),
    # runs
    "There is no run yet. A run appears here as soon as its report step has written a view; nothing needs to be "
    "restarted.": "まだ実行がありません。report ステップがビューを書き出すと、再起動なしでここに表示されます。",
    "This page is beyond the last, %(pages)s.": "最後のページは %(pages)s です。",
    "One run": "%(shown)s件の実行（新しい順）",
    "stale data": "データが古い",
    "cannot be read": "読み込めません",
    "Workflow": "ワークフロー",
    "Started": "開始",
    "Data until": "データの最終時刻",
    "and one more": "ほか%(shown)s件",
    "Pages of the list": "一覧のページ",
    "Previous": "前へ",
    "Next": "次へ",
    "page %(number)s of %(pages)s": "%(pages)sページ中%(number)sページ目",
    # items
    "Item": "アイテム",
    "Items": "アイテム",
    "item": "アイテム",
    "The item table has no title for this item.": "アイテムテーブルにこのアイテムのタイトルがありません。",
    "The item table lacks this item: only its id is known.": (
        "アイテムテーブルにこのアイテムがありません。IDだけがわかっています。"
    ),
    "Users who get it": "推薦されるユーザー",
    "Users who interacted with it": "操作したユーザー",
    "Ranks": "順位",
    "rank": "順位",
    "rank %(rank)s": "%(rank)s位",
    "Nobody gets this item.": "このアイテムは誰にも推薦されていません。",
    "user": "ユーザー",
    "not listed": "一覧になし",
    "The best ranks first; at most 20 users of each version are listed.": (
        "順位の高い順。バージョンごとに最大20人まで表示します。"
    ),
    "Similar items": "似ているアイテム",
    "Items that the same users interacted with (cosine of co-occurrence).": (
        "同じユーザーが操作したアイテム（共起のコサイン類似度）。"
    ),
    "No item shares users with this one.": "ユーザーが共通するアイテムはありません。",
    "no title": "タイトルなし",
    "not in the item table": "アイテムテーブルになし",
    "Items that most users get": "多くのユーザーに推薦されるアイテム",
    "Users who have the item anywhere in their list.": "リストのどこかにそのアイテムがあるユーザーの数。",
    # comparison
    "Comparison of two versions": "2つのバージョンの比較",
    "One version": "1つのバージョン",
    "Compare other versions": "ほかのバージョンを比較",
    "Base": "ベース",
    "Candidate": "候補",
    "base": "ベース",
    "candidate": "候補",
    "Compare": "比較",
    "One version alone:": "1つだけ見る:",
    "The gate, rule by rule": "判定をルールごとに見る",
    "Data quality: one check found something": "データ品質: %(shown)s件の検査で指摘あり",
    "One check found something.": "%(shown)s件の検査で指摘があります。",
    "No check found anything, and some were not made.": "指摘はありませんが、行われていない検査があります。",
    "Every check was made, and none found anything.": "すべての検査を行い、指摘はありませんでした。",
    "Checks": "検査",
    "Order of the tables": "テーブルの並び順",
    "Dots are values, lines and small print their confidence intervals (95%% unless the evaluation was told "
    "otherwise).": ("点は値、線と小さな文字は信頼区間です（評価で別に指定がなければ95%%）。"),
    "Where a change has an interval, it is the mean of the users' own differences; it is called better or worse only "
    "where that interval leaves out 0.": (
        "区間のある変化は、ユーザーごとの差の平均です。区間が0を含まないときだけ、改善または悪化とします。"
    ),
    "Without one, it is called better or worse only where the two intervals do not overlap; otherwise it is unclear.": (
        "区間がないときは、2つの区間が重ならない場合だけ改善または悪化とし、それ以外は不明とします。"
    ),
    "A change is called better or worse only where the two intervals do not overlap; otherwise it is unclear.": (
        "2つの区間が重ならない場合だけ改善または悪化とし、それ以外は不明とします。"
    ),
    "better": "改善",
    "worse": "悪化",
    "unclear": "不明",
    "differs": "差あり",
    "Most changed users": "最も変化したユーザー",
    "As compared by the evaluation. Overlap is the share of items that both lists have; RBO (rank-biased overlap) and "
    "Kendall τ look at their order as well.": (
        "評価ステップによる比較です。重なりは両方のリストにあるアイテムの割合で、RBO（rank-biased overlap）と "
        "Kendall τ は並び順も見ます。"
    ),
    "Compared here: overlap is the share of items in common among the first %(k)s of both lists. With user_changes of "
    "the evaluation, measures of their order are shown, too.": (
        "ここで比較した値です。重なりは両リストの上位%(k)s件に共通するアイテムの割合です。評価の user_changes "
        "があれば、並び順の尺度も表示します。"
    ),
    "items in common": "共通するアイテム",
    "users": "ユーザー数",
    "All users": "すべてのユーザー",
    "one user": "%(shown)s人のユーザー",
    "Data notes": "データについて",
    "of each version": "バージョンごと",
    "of all data": "データ全体",
    "count": "数",
    "value": "値",
    "Faults and gaps: none is best": "誤りと欠け（0 が最良）",
    "Coverage of the joins: all is best": "結合のカバー率（全件が最良）",
    "check": "検査",
    "fine": "問題なし",
    "look": "要確認",
    "not looked at": "未検査",
    "e.g.": "例:",
    # users
    "User": "ユーザー",
    "User id": "ユーザーID",
    "User id contains": "ユーザーIDに含む文字",
    "Sort by": "並べ替え",
    "Segment": "セグメント",
    "all": "すべて",
    "Interactions": "操作数",
    "Interactions, at least": "操作数（以上）",
    "Show": "表示",
    "No user fits.": "当てはまるユーザーがいません。",
    "This user is only in %(name)s: there is nothing to compare.": (
        "このユーザーは %(name)s だけにいるため、比較できません。"
    ),
    "Aggregates of these two versions are not yet computed: no step of this run compared them. The lists are compared "
    "here.": (
        "この2つのバージョンの集計はまだ計算されていません（比較したステップがありません）。リストはここで比較しています。"
    ),
    "Users in the order of the list": "一覧の順のユーザー",
    "Previous user": "前のユーザー",
    "Next user": "次のユーザー",
    "The list": "一覧",
    "Overlap of the lists": "リストの重なり",
    "overlap": "重なり",
    "Rows of a list": "リストの行数",
    "Show only": "絞り込み",
    "History and lists": "履歴とリスト",
    "History": "履歴",
    "history": "履歴",
    "No interactions: nothing is known about this user.": "操作履歴がなく、このユーザーについては何もわかりません。",
    "one event": "%(shown)s回",
    "weight": "重み",
    "score": "スコア",
    "The latest %(shown)s of %(total)s.": "%(total)s件のうち最新の%(shown)s件。",
    "The first %(shown)s of %(total)s.": "%(total)s件のうち上位%(shown)s件。",
    "One other row is not shown.": "ほかの%(shown)s行は表示していません。",
    "This user is not in this version.": "このユーザーはこのバージョンにいません。",
    "items in, out": "増減",
    "items in the list": "リストの件数",
    "from the fallback": "フォールバック",
    "not in base": "ベースになし",
    "not in candidate": "候補になし",
    # search and states
    "There is no run yet, so there is nothing to be found.": "まだ実行がないため、検索できるものがありません。",
    "Enter the beginning of a user id, or a part of the title of an item. Width and case do not matter.": (
        "ユーザーIDの先頭、またはアイテムのタイトルの一部を入力してください。全角・半角、大文字・小文字は区別しません。"
    ),
    "No user id begins with “%(text)s”.": "「%(text)s」で始まるユーザーIDはありません。",
    "Users whose id contains it": "IDに含むユーザー",
    "No item has “%(text)s” in its title, or as its id.": (
        "「%(text)s」をタイトルに含む、またはIDとするアイテムはありません。"
    ),
    "Where to go on": "次に見るページ",
    "Show the lists": "リストを表示",
    "All runs": "すべての実行",
    # report
    "Report on one version": "1つのバージョンのレポート",
    "Contents": "目次",
    "Examples": "例",
    "The history of a user beside both lists. In the candidate's list, up, down and new are seen from the base; in the "
    "base's list, dropped is what the candidate's whole list lacks.": (
        "ユーザーの履歴と2つのリスト。候補のリストの上昇・下降・新規はベースから見たもの、ベースのリストの脱落は候補の"
        "リスト全体にないものです。"
    ),
    "The history of a user beside the list.": "ユーザーの履歴とリスト。",
    "No examples were asked for.": "例は指定されていません。",
    "Asked for, but in no version:": "指定されたが、どのバージョンにもいないユーザー:",
    "One example is left out to keep the page under 1 MB.": (
        "ページを1 MB未満に保つため、%(shown)s件の例を省きました。"
    ),
    "Made by %(maker)s.": "作成: %(maker)s",
}
